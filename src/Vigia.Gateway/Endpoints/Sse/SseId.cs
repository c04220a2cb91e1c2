using System.Text;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>
/// Writes cursors as bytes. The last one is cached per thread: the objects of a snapshot, and streams that are woken
/// together, have the same position.
/// </summary>
internal static class SseId
{
    [ThreadStatic]
    private static Last? _last;

    /// <summary>The cursor of a stream of one source.</summary>
    public static ReadOnlySpan<byte> Of(string filter, LiveSubscription source)
    {
        var last = _last ??= new Last();
        if (last.Filter != filter || last.Name != source.Feed.Name || last.Cursor != source.Cursor)
        {
            var text = last.Begin(filter);
            StreamCursor.Append(text, source.Feed.Name, source.Cursor);
            (last.Filter, last.Name, last.Cursor) = (filter, source.Feed.Name, source.Cursor);
            last.End();
        }

        return last.Bytes;
    }

    /// <summary>The cursor of a stream of any number of sources.</summary>
    public static ReadOnlySpan<byte> Of(string filter, IReadOnlyList<LiveSubscription> sources)
    {
        if (sources.Count == 1)
        {
            return Of(filter, sources[0]);
        }

        var last = _last ??= new Last();
        var text = last.Begin(filter);
        for (var i = 0; i < sources.Count; i++)
        {
            StreamCursor.Append(text, sources[i].Feed.Name, sources[i].Cursor);
        }

        last.Filter = null;
        last.End();
        return last.Bytes;
    }

    private sealed class Last
    {
        private readonly StringBuilder _text = new();
        private byte[] _bytes = new byte[256];
        private int _length;

        public string? Filter { get; set; }

        public string? Name { get; set; }

        public SourceCursor? Cursor { get; set; }

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

        public StringBuilder Begin(string filter)
        {
            StreamCursor.Begin(_text.Clear(), filter);
            return _text;
        }

        public void End()
        {
            // Names may be long, but a byte is at most three times a character.
            if (_bytes.Length < _text.Length * 3)
            {
                _bytes = new byte[_text.Length * 3];
            }

            _length = 0;
            foreach (var chunk in _text.GetChunks())
            {
                _length += Encoding.UTF8.GetBytes(chunk.Span, _bytes.AsSpan(_length));
            }
        }
    }
}
