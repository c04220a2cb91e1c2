using System.Buffers.Binary;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Protobuf;

namespace Vigia.Kubernetes.Watching;

/// <summary>A watch in protobuf: frames of four bytes of length (big-endian) and a <c>meta/v1.WatchEvent</c>.</summary>
/// <remarks>
/// Pipeline steps 1 and 2 (docs/architecture.md). An object with an unknown field ends the stream as if the server had:
/// the next watch continues from the event before it, and requests JSON.
/// </remarks>
internal sealed class ProtoWatchStream : IWatchStream
{
    private const int LengthBytes = 4;

    private readonly Stream _body;
    private readonly BodyBuffer _buffer;
    private readonly IDisposable? _response;
    private readonly ProtoObjectDecoder _objects;
    private readonly int _largest;
    private readonly Action<Exception> _undecodable;
    private Action<ProtoObjectDecoder>? _giveBack;
    private bool _ended;

    /// <param name="body">The response's body; disposed with this.</param>
    /// <param name="largest">The largest event accepted, in bytes.</param>
    /// <param name="objects">Reads the objects.</param>
    /// <param name="response">Disposed with this.</param>
    /// <param name="undecodable">Receives an event that cannot be read, or not without loss.</param>
    /// <param name="giveBack">Receives the decoder at the end.</param>
    public ProtoWatchStream(
        Stream body,
        int largest,
        ProtoObjectDecoder objects,
        IDisposable? response = null,
        Action<Exception>? undecodable = null,
        Action<ProtoObjectDecoder>? giveBack = null
    )
    {
        (_body, _largest, _objects, _response) = (body, largest, objects, response);
        (_undecodable, _giveBack) = (undecodable ?? (static _ => { }), giveBack);
        _buffer = new BodyBuffer(body, largest);
    }

    /// <inheritdoc/>
    public bool HasBuffered => !_ended && _buffer.Unread.Length >= LengthBytes && _buffer.Unread.Length - LengthBytes >= FrameLength();

    /// <inheritdoc/>
    public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (!HasBuffered)
        {
            if (_ended)
            {
                return null;
            }

            if (_buffer.Unread.Length >= LengthBytes && FrameLength() > (uint)_largest)
            {
                throw Undecodable(
                    new ObjectFormatException($"an event has {FrameLength():N0} bytes, more than this client's limit of {_largest:N0}")
                );
            }

            if (!await _buffer.ReadAsync(cancellationToken))
            {
                return _buffer.Unread.IsEmpty
                    ? null
                    : throw new IOException($"the watch ended within an event, after {_buffer.Unread.Length} bytes of it");
            }
        }

        var length = (int)FrameLength();
        try
        {
            var read = ProtoWatchDecoder.Decode(_buffer.Unread.Slice(LengthBytes, length), _objects);
            _buffer.Consume(LengthBytes + length);
            return read;
        }
        catch (SchemaGapException gap)
        {
            _undecodable(gap);
            _ended = true;
            return null;
        }
        catch (ObjectFormatException garbled)
        {
            throw Undecodable(garbled);
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

    private uint FrameLength() => BinaryPrimitives.ReadUInt32BigEndian(_buffer.Unread);

    private ObjectFormatException Undecodable(ObjectFormatException garbled)
    {
        _undecodable(garbled);
        return garbled;
    }
}
