namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// Protobuf that may be valid, but has a field or kind that builtin.fields does not describe, from a newer server.
/// Nothing may be lost, so the resource is requested in JSON from then on.
/// </summary>
internal sealed class SchemaGapException(string message) : Exception(message);
