using System.Buffers;
using System.IO.Compression;

namespace Vigia.Simulator.Storage;

/// <summary>
/// Compressed bytes: a version of an object that only history holds takes a fifth of its size or less.
/// </summary>
internal sealed class PackedBody
{
    private const int Quality = 2;
    private const int Window = 18;
    private const int SmallestWorthwhile = 256;

    private readonly byte[] _packed;
    private readonly int _length;

    private PackedBody(byte[] packed, int length) => (_packed, _length) = (packed, length);

    /// <summary>The bytes that it takes.</summary>
    public int Length => _packed.Length;

    /// <summary>Packs; null if nothing is won.</summary>
    public static PackedBody? Pack(ReadOnlySpan<byte> plain)
    {
        if (plain.Length < SmallestWorthwhile)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(plain.Length);
        try
        {
            return BrotliEncoder.TryCompress(plain, buffer.AsSpan(0, plain.Length), out var written, Quality, Window)
                ? new(buffer.AsSpan(0, written).ToArray(), plain.Length)
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The original bytes.</summary>
    public byte[] Unpack()
    {
        var plain = new byte[_length];
        return BrotliDecoder.TryDecompress(_packed, plain, out var written) && written == _length
            ? plain
            : throw new InvalidOperationException("a packed object cannot be unpacked");
    }
}
