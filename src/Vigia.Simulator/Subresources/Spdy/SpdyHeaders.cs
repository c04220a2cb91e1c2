using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Vigia.Simulator.Subresources.Spdy;

/// <summary>
/// Names and values in SPDY/3.1: one zlib stream per direction and session, which starts with a dictionary of likely
/// words (SPDY draft 3, section 2.6.10.1). .NET's deflate supports no dictionary, so incoming data gets it as an
/// uncompressed block at its start, whose output is discarded; outgoing data needs none.
/// </summary>
internal sealed class SpdyHeaders : IDisposable
{
    private const int ZlibHeader = 2,
        DictionaryId = 4,
        WithDictionary = 0x20;
    private const int MostPairs = 256,
        LongestText = 64 << 10;

    private static readonly string[] Words =
    [
        "options",
        "head",
        "post",
        "put",
        "delete",
        "trace",
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "accept-ranges",
        "age",
        "allow",
        "authorization",
        "cache-control",
        "connection",
        "content-base",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-md5",
        "content-range",
        "content-type",
        "date",
        "etag",
        "expect",
        "expires",
        "from",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "last-modified",
        "location",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "range",
        "referer",
        "retry-after",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "vary",
        "via",
        "warning",
        "www-authenticate",
        "method",
        "get",
        "status",
        "200 OK",
        "version",
        "HTTP/1.1",
        "url",
        "public",
        "set-cookie",
        "keep-alive",
        "origin",
    ];

    private const string Tail =
        "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 "
        + "No Content301 Moved Permanently400 Bad Request401 Unauthorized"
        + "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug "
        + "Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
        + "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
        + "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

    private readonly MemoryStream _compressed = new();
    private readonly Feed _feed = new();
    private readonly ZLibStream _deflater;
    private DeflateStream? _inflater;

    public SpdyHeaders() => _deflater = new ZLibStream(_compressed, CompressionLevel.Fastest);

    /// <summary>The dictionary: each word behind its length, then words that need none.</summary>
    public static byte[] Dictionary { get; } = MakeDictionary();

    /// <summary>Reads a block; names are in lower case.</summary>
    /// <exception cref="InvalidDataException">It is not one.</exception>
    public Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        if (_inflater is null)
        {
            _inflater = new DeflateStream(_feed, CompressionMode.Decompress);
            var dictionary = Dictionary;
            var stored = new byte[5];
            BinaryPrimitives.WriteUInt16LittleEndian(stored.AsSpan(1), (ushort)dictionary.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(stored.AsSpan(3), (ushort)~dictionary.Length);
            _feed.Add(stored);
            _feed.Add(dictionary);
            _feed.Add(block[(ZlibHeader + (block.Length > 1 && (block[1] & WithDictionary) != 0 ? DictionaryId : 0))..]);
            _inflater.ReadExactly(new byte[dictionary.Length]);
        }
        else
        {
            _feed.Add(block);
        }

        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = Number();
        for (var i = 0; i < Math.Min(count, MostPairs); i++)
        {
            var name = Text();
            pairs[name] = Text();
        }

        return pairs;
    }

    /// <summary>Writes a block.</summary>
    public byte[] Write(IReadOnlyCollection<KeyValuePair<string, string>> pairs)
    {
        _compressed.SetLength(0);
        WriteNumber(pairs.Count);
        foreach (var (name, value) in pairs)
        {
            WriteText(name);
            WriteText(value);
        }

        _deflater.Flush();
        return _compressed.ToArray();
    }

    public void Dispose()
    {
        _deflater.Dispose();
        _inflater?.Dispose();
        _compressed.Dispose();
    }

    private static byte[] MakeDictionary()
    {
        using var dictionary = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var word in Words)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, word.Length);
            dictionary.Write(length);
            dictionary.Write(Encoding.ASCII.GetBytes(word));
        }

        dictionary.Write(Encoding.ASCII.GetBytes(Tail));
        return dictionary.ToArray();
    }

    private int Number()
    {
        Span<byte> bytes = stackalloc byte[4];
        _inflater!.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    private string Text()
    {
        var length = Number();
        if (length is < 0 or > LongestText)
        {
            throw new InvalidDataException("a name or value of a SPDY header is too long");
        }

        var bytes = new byte[length];
        _inflater!.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private void WriteNumber(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        _deflater.Write(bytes);
    }

    private void WriteText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteNumber(bytes.Length);
        _deflater.Write(bytes);
    }

    /// <summary>
    /// Compressed bytes waiting to be read. The sender flushes every block, so all of its text follows from its own
    /// bytes.
    /// </summary>
    private sealed class Feed : Stream
    {
        private readonly Queue<byte[]> _pieces = [];
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Add(ReadOnlySpan<byte> piece) => _pieces.Enqueue(piece.ToArray());

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (!_pieces.TryPeek(out var piece))
            {
                return 0;
            }

            var length = Math.Min(buffer.Length, piece.Length - _at);
            piece.AsSpan(_at, length).CopyTo(buffer);
            _at += length;
            if (_at == piece.Length)
            {
                _pieces.Dequeue();
                _at = 0;
            }

            return length;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
