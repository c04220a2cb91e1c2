namespace Vigia.Kubernetes;

/// <summary>In which form objects are asked for. What is kept and handed on is JSON in any case.</summary>
public enum WireEncoding
{
    /// <summary>
    /// What is sooner synced for less CPU, as measured: protobuf for the built-in kinds and for metadata alone, JSON
    /// for all others (docs/decisions/0007).
    /// </summary>
    Auto,

    /// <summary>JSON, byte for byte what the server sends.</summary>
    Json,

    /// <summary>
    /// Protobuf for the built-in kinds and for metadata alone; JSON for all others, and where the server has no
    /// protobuf or sends a field that is not known.
    /// </summary>
    Protobuf,
}
