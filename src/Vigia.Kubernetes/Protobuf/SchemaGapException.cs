namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// Protobuf that may be right, but has what builtin.fields does not describe: a newer server's field or kind. Nothing
/// may be lost, so the resource is asked for in JSON from then on.
/// </summary>
internal sealed class SchemaGapException(string message) : Exception(message);
