using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;

namespace Vigia.Kubernetes.Watching;

/// <summary>
/// A watch over a response body: finds the frames, one JSON object each, with any white space in between.
/// </summary>
/// <remarks>Pipeline steps 1 and 2 (docs/architecture.md).</remarks>
internal sealed class WatchStream : IWatchStream
{
    private readonly Stream _body;
    private readonly BodyBuffer _buffer;
    private readonly IDisposable? _response;
    private readonly WatchDecoder _decoder;
    private readonly ObjectDecoder _objects;
    private Action<ObjectDecoder>? _giveBack;
    private int _frame;

    // How far the frame that has not come whole yet was looked at.
    private ScanProgress _progress;
    private int _lineSought;
    private bool _isLineFramed = true;

    public WatchStream(
        Stream body,
        int largest,
        IDisposable? response = null,
        ObjectDecoder? objects = null,
        Action<ObjectDecoder>? giveBack = null,
        bool wipes = false
    )
    {
        (_objects, _giveBack) = (objects ?? new ObjectDecoder(), giveBack);
        _decoder = new WatchDecoder(_objects);
        _body = body;
        _buffer = new BodyBuffer(body, largest, wipes);
        _response = response;
    }

    /// <inheritdoc/>
    public bool HasBuffered
    {
        get
        {
            if (_frame == 0)
            {
                _frame = FrameLength();
            }

            return _frame > 0;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (!HasBuffered)
        {
            if (!await _buffer.ReadAsync(cancellationToken))
            {
                _buffer.Consume(JsonScan.SkipWhiteSpace(_buffer.Unread, 0));
                return _buffer.Unread.IsEmpty
                    ? null
                    : throw new IOException($"the watch ended within an event, after {_buffer.Unread.Length} bytes of it");
            }
        }

        var read = Decode();
        _buffer.Consume(_frame);
        (_frame, _progress, _lineSought) = (0, default, 0);
        return read;
    }

    /// <summary>
    /// A line is taken for a frame on sight; should it turn out to be none (white space within objects), frames are
    /// found by their brackets from then on.
    /// </summary>
    private WatchEvent Decode()
    {
        try
        {
            return _decoder.Decode(_buffer.Unread[.._frame]);
        }
        catch (ObjectFormatException)
            when (_isLineFramed && JsonScan.SkipContainer(_buffer.Unread, 0) is var length && length != _frame && length > 0)
        {
            (_isLineFramed, _frame) = (false, length);
            return _decoder.Decode(_buffer.Unread[.._frame]);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The response first: disposing the body of an unfinished HTTP/1.1 response would try to drain it.
        _response?.Dispose();
        await _body.DisposeAsync();
        _buffer.Dispose();
        Interlocked.Exchange(ref _giveBack, null)?.Invoke(_objects);
    }

    /// <summary>The length of the complete frame at the front; 0 if there is none.</summary>
    private int FrameLength()
    {
        _buffer.Consume(JsonScan.SkipWhiteSpace(_buffer.Unread, 0));
        var unread = _buffer.Unread;
        if (unread.IsEmpty)
        {
            return 0;
        }

        if (unread[0] != (byte)'{')
        {
            throw JsonScan.Malformed(unread, 0, "'{' of a watch event");
        }

        // Go's servers end each event with a line feed, which no JSON string may contain: one look instead of a pass
        // over 20 KB.
        if (_isLineFramed)
        {
            var more = unread[_lineSought..].IndexOf((byte)'\n');
            var line = more < 0 ? unread.Length : _lineSought + more;
            if (more >= 0 && line > 2 && unread[line - 1] == (byte)'}')
            {
                return line;
            }

            _lineSought = line;
        }

        return Math.Max(0, JsonScan.SkipContainer(unread, ref _progress));
    }
}
