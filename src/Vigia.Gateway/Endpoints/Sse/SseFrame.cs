using System.Buffers.Text;
using System.Text;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>
/// One event as sent: a chunk of HTTP/1.1 (RFC 9112, section 7.1) around its lines. Immutable, so any number of streams
/// write the same bytes.
/// </summary>
internal sealed class SseFrame
{
    private readonly byte[] _bytes;
    private readonly int _start;

    private SseFrame(byte[] bytes, int start) => (_bytes, _start) = (bytes, start);

    /// <summary>The end of a response in chunks.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>With the chunk's header and end, for a connection whose chunks are ours.</summary>
    public ReadOnlySpan<byte> Chunk => _bytes;

    /// <summary>The event alone, for one whose framing is the server's.</summary>
    public ReadOnlySpan<byte> Lines => _bytes.AsSpan(_start, _bytes.Length - _start - 2);

    /// <summary>An event with an id, a name and one line of data.</summary>
    public static SseFrame Of(ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> line)
    {
        var length = "id: \nevent: \ndata: \n\n"u8.Length + id.Length + name.Length + line.Length;
        var frame = Begin(length, out var rest);
        Put(ref rest, "id: "u8);
        Put(ref rest, id);
        Put(ref rest, "\nevent: "u8);
        Put(ref rest, name);
        Put(ref rest, "\ndata: "u8);
        Put(ref rest, line);
        Put(ref rest, "\n\n"u8);
        return frame;
    }

    /// <summary>Some lines unchanged.</summary>
    public static SseFrame Of(string lines)
    {
        var bytes = Encoding.UTF8.GetBytes(lines);
        var frame = Begin(bytes.Length, out var rest);
        Put(ref rest, bytes);
        return frame;
    }

    private static SseFrame Begin(int length, out Span<byte> lines)
    {
        Span<byte> header = stackalloc byte[10];
        Utf8Formatter.TryFormat(length, header, out var written, 'x');
        Put(header[written..], "\r\n"u8);
        written += 2;
        var bytes = new byte[written + length + 2];
        header[..written].CopyTo(bytes);
        Put(bytes.AsSpan(written + length), "\r\n"u8);
        lines = bytes.AsSpan(written, length);
        return new SseFrame(bytes, written);
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    private static void Put(Span<byte> at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(at);
}
