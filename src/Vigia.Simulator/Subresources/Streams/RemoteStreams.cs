using System.IO.Pipelines;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Vigia.Simulator.Subresources.Streams;

/// <summary>Columns and rows of a terminal.</summary>
internal readonly record struct TerminalSize(int Width, int Height);

/// <summary>The five streams between a client and a command in a container, whatever protocol carries them.</summary>
internal abstract class RemoteStreams : IAsyncDisposable
{
    private readonly Pipe _input = new(
        new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false)
    );

    private readonly Channel<TerminalSize> _sizes = Channel.CreateBounded<TerminalSize>(
        new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
    );

    private readonly CancellationTokenSource _gone = new();

    /// <summary>The client's input; ends when the client closes it, or leaves.</summary>
    public PipeReader Input => _input.Reader;

    /// <summary>True to discard the client's input.</summary>
    public bool DiscardsInput { get; set; }

    /// <summary>The sizes that the client's terminal takes.</summary>
    public ChannelReader<TerminalSize> Sizes => _sizes.Reader;

    /// <summary>Cancelled when the client is gone.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Writes to the client's standard output (or, with <paramref name="error"/>, standard error).</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool error, CancellationToken cancellationToken);

    /// <summary>Sends the end of the command, and closes.</summary>
    public abstract Task FinishAsync(JsonObject status, CancellationToken cancellationToken);

    /// <summary>Closes whatever is still open.</summary>
    public abstract Task CloseAsync();

    public virtual ValueTask DisposeAsync()
    {
        _gone.Dispose();
        return ValueTask.CompletedTask;
    }

    protected PipeWriter InputWriter => _input.Writer;

    protected void Resize(ReadOnlySpan<byte> json)
    {
        if (JsonNode.Parse(json) is JsonObject size)
        {
            _sizes.Writer.TryWrite(new TerminalSize((int?)size["Width"] ?? 0, (int?)size["Height"] ?? 0));
        }
    }

    protected async Task LeaveAsync()
    {
        await _input.Writer.CompleteAsync();
        _sizes.Writer.TryComplete();
        await _gone.CancelAsync();
    }
}
