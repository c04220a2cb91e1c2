using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources.Spdy;

/// <summary>The streams of a command over SPDY: one each, identified by the header <c>streamtype</c>.</summary>
internal sealed class SpdyRemoteStreams : RemoteStreams
{
    /// <summary>The supported subprotocols; v5 differs in WebSocket only.</summary>
    public static readonly string[] Protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Stream _transport;
    private readonly SpdySession _session;
    private readonly Dictionary<string, SpdyStream> _streams = new(StringComparer.Ordinal);
    private readonly List<Task> _copying = [];
    private Task _running = Task.CompletedTask;

    private SpdyRemoteStreams(Stream transport) => (_transport, _session) = (transport, new SpdySession(transport));

    /// <summary>Waits until the client has opened the streams of its query.</summary>
    public static async Task<SpdyRemoteStreams> OpenAsync(
        Stream transport,
        IReadOnlyCollection<string> expected,
        TimeProvider time,
        CancellationToken aborted
    )
    {
        var streams = new SpdyRemoteStreams(transport);
        streams._running = Task.Run(() => streams.RunAsync(aborted), CancellationToken.None);
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, aborted);
        try
        {
            while (!expected.All(streams._streams.ContainsKey))
            {
                var stream = await streams._session.Opened.ReadAsync(either.Token);
                streams._streams[stream.Header("streamtype")] = stream;
            }

            streams.Copy();
            return streams;
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            await streams.CloseAsync();
            await streams.DisposeAsync();
            throw new ConnectionAbortedException("the client left before it had opened its streams", e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool error, CancellationToken cancellationToken)
    {
        if (_streams.TryGetValue(error ? "stderr" : "stdout", out var stream))
        {
            await stream.WriteAsync(bytes, cancellationToken);
        }
    }

    public override async Task FinishAsync(JsonObject status, CancellationToken cancellationToken)
    {
        if (_streams.TryGetValue("error", out var error))
        {
            await error.WriteAsync(Answers.Bytes(status), cancellationToken);
        }

        foreach (var stream in _streams.Values)
        {
            await stream.EndAsync(cancellationToken);
        }
    }

    public override async Task CloseAsync()
    {
        await Input.CompleteAsync(); // nobody reads any more, and nobody has to wait to write
        // The client hangs up once it has read everything.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        await _running.WaitAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _transport.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _running;
        _session.Dispose();
        await base.DisposeAsync();
    }

    private async Task RunAsync(CancellationToken aborted)
    {
        await _session.RunAsync(aborted);
        Task[] copying;
        lock (_copying)
        {
            copying = [.. _copying];
        }

        await Task.WhenAll(copying);
        await LeaveAsync();
    }

    private void Copy()
    {
        lock (_copying)
        {
            CopyLocked();
        }
    }

    private void CopyLocked()
    {
        if (_streams.TryGetValue("stdin", out var input))
        {
            _copying.Add(CopyInputAsync(input));
        }

        if (_streams.TryGetValue("resize", out var sizes))
        {
            _copying.Add(CopySizesAsync(sizes));
        }
    }

    private async Task CopyInputAsync(SpdyStream input)
    {
        while (true)
        {
            var read = await input.Input.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                // A reader that is complete lets everything pass.
                _ = DiscardsInput || (await InputWriter.WriteAsync(segment)).IsCompleted;
            }

            input.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                await InputWriter.CompleteAsync();
                return;
            }
        }
    }

    /// <summary>Each size is one JSON object, which comes in one frame.</summary>
    private async Task CopySizesAsync(SpdyStream sizes)
    {
        while (true)
        {
            var read = await sizes.Input.ReadAsync();
            foreach (var line in Encoding.UTF8.GetString(read.Buffer).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Resize(Encoding.UTF8.GetBytes(line));
            }

            sizes.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
