namespace Vigia.Kubernetes.Objects;

/// <summary>Reads objects from bytes; shares the strings that repeat between the objects it has read. Not thread-safe: one per stream.</summary>
public sealed class ObjectDecoder
{
    private readonly string _instance = "";

    /// <summary>Reads one object; see <see cref="RawObject.Parse"/>.</summary>
    public RawObject Decode(ReadOnlySpan<byte> utf8) => throw new NotSupportedException(_instance + "being written");
}
