namespace Vigia.Kubernetes;

/// <summary>The encoding in which objects are requested. The cache always contains JSON.</summary>
public enum WireEncoding
{
    /// <summary>
    /// The encoding that syncs sooner with less CPU, as measured: protobuf for the built-in kinds and for metadata
    /// only, JSON for all others (docs/decisions/0007).
    /// </summary>
    Auto,

    /// <summary>JSON, byte for byte as the server sends it.</summary>
    Json,

    /// <summary>
    /// Protobuf for the built-in kinds and for metadata only; JSON for all others, and if the server does not support
    /// protobuf or sends an unknown field.
    /// </summary>
    Protobuf,
}
