using System.Buffers;

namespace Vigia.Kubernetes;

/// <summary>A short-lived view of an object's JSON. Dispose it (<c>using</c>) and keep no span of it.</summary>
/// <remarks>
/// A lease, not a property, so that a store may keep bodies packed and unpack them into a pooled buffer for the reader.
/// </remarks>
public readonly ref struct Utf8Lease
{
    private readonly byte[]? _rented;

    internal Utf8Lease(ReadOnlySpan<byte> span, byte[]? rented = null)
    {
        Span = span;
        _rented = rented;
    }

    /// <summary>The whole JSON object, UTF-8, without insignificant white space added by us.</summary>
    public ReadOnlySpan<byte> Span { get; }

    /// <summary>Returns the rented array.</summary>
    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
