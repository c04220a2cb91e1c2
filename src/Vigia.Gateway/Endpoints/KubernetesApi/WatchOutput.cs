using System.Buffers;
using System.IO.Pipelines;
using Vigia.Gateway.Endpoints.WebSockets;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The output of a watch's events: lines of a response, or messages of a WebSocket. For one writer at a time.
/// </summary>
internal abstract class WatchOutput
{
    /// <summary>The output of the event that was begun.</summary>
    public abstract IBufferWriter<byte> Event { get; }

    /// <summary>Bytes that wait to be sent.</summary>
    public abstract long Pending { get; }

    /// <summary>Ends an event.</summary>
    public abstract void End();

    /// <summary>Sends what waits; without anything that waits, the answer's header.</summary>
    public abstract ValueTask FlushAsync(CancellationToken cancellationToken);
}

/// <summary>One event a line.</summary>
internal sealed class WatchLines(PipeWriter body) : WatchOutput
{
    public override IBufferWriter<byte> Event => body;

    public override long Pending => body.UnflushedBytes;

    public override void End() => body.Write("\n"u8);

    public override async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if ((await body.FlushAsync(cancellationToken)).IsCompleted)
        {
            throw new OperationCanceledException("the client left");
        }
    }
}

/// <summary>One event a text message, as API servers answer a watch with an upgrade to WebSocket.</summary>
internal sealed class WatchMessages(SocketOutput socket) : WatchOutput
{
    private const int LargestKept = 64 * 1024;

    private ArrayBufferWriter<byte> _event = new(4096);

    public override IBufferWriter<byte> Event => _event;

    public override long Pending => socket.Pending;

    public override void End()
    {
        socket.Begin();
        socket.Write(_event.WrittenSpan);
        socket.End();
        if (_event.Capacity > LargestKept)
        {
            _event = new(4096);
        }
        else
        {
            _event.ResetWrittenCount();
        }
    }

    public override ValueTask FlushAsync(CancellationToken cancellationToken) => socket.FlushAsync(cancellationToken);
}
