using System.Text.Json;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Presets;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Notifications;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>
/// One client's WebSocket: subscriptions, each a cursor over the logs, and one loop that writes new changes.
/// </summary>
/// <remarks>
/// As in <c>SseConnection</c>, it waits for the client only in the flush; it holds the cursors and the bytes being
/// written, never a queue. An invalid message is answered with <c>{"type": "error", "id", "parameter", "error"}</c>;
/// the connection continues.
/// </remarks>
internal sealed class SocketConnection(
    ClusterSet clusters,
    IViewRights rights,
    ChangeNotifier notifier,
    SocketOptions options,
    StreamOptions streams,
    TimeProvider time,
    SocketOutput output,
    SocketInbox inbox,
    StreamTally tally
)
{
    private readonly Dictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);

    private volatile bool _beat;

    /// <summary>The subscribed resources, for the log.</summary>
    public string Asked => string.Join(' ', _subscriptions.Values.Select(subscription => string.Join(',', subscription.Request.Resources)));

    /// <summary>Runs until the client closes or the token ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var onEnd = cancellationToken.UnsafeRegister(static wake => ((AsyncSignal)wake!).Set(), inbox.Wake);
            await using var heartbeat = time.CreateTimer(_ => Beat(), null, streams.Heartbeat, streams.Heartbeat);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var any = await AnswerAsync(cancellationToken);
                if (inbox.Reader.Completion.IsCompleted)
                {
                    return;
                }

                // Each registers for notification before it reads.
                foreach (var subscription in _subscriptions.Values)
                {
                    any |= await PumpAsync(subscription, cancellationToken);
                }

                if (!any && _beat)
                {
                    _beat = false;
                    Bookmark();
                }

                await output.FlushAsync(cancellationToken);
                tally.Flushed(time);
                if (!any)
                {
                    await inbox.Wake.WaitAsync();
                }
            }
        }
        finally
        {
            foreach (var subscription in _subscriptions.Values)
            {
                await subscription.DisposeAsync();
            }
        }
    }

    private async ValueTask<bool> AnswerAsync(CancellationToken cancellationToken)
    {
        var any = false;
        while (inbox.Reader.TryRead(out var input))
        {
            any = true;
            try
            {
                if (input.Fault is not null)
                {
                    WriteError(input.Id, input.Fault);
                    continue;
                }

                await ExecuteAsync(input.Command!, cancellationToken);
            }
            catch (QueryException refused)
            {
                WriteError(input.Command?.Id, refused);
            }
            catch (AccessDeniedException denied)
            {
                WriteError(input.Command?.Id, QueryException.Refused(403, "Forbidden", denied.Message));
            }
            catch (AccessUnavailableException unavailable)
            {
                WriteError(input.Command?.Id, QueryException.Refused(503, "Access check unavailable", unavailable.Message));
            }

            await output.FlushAsync(cancellationToken);
        }

        return any;
    }

    private async ValueTask ExecuteAsync(SocketCommand command, CancellationToken cancellationToken)
    {
        switch (command.Type)
        {
            case "ping":
                output.Begin();
                output.Write("{\"type\":\"pong\"}"u8);
                output.End();
                break;
            case "unsubscribe":
                if (!_subscriptions.Remove(command.Id!, out var left))
                {
                    throw new QueryException("id", $"there is no subscription '{command.Id}'");
                }

                left.Sink.Answer("unsubscribed");
                await left.DisposeAsync();
                break;
            default:
                await SubscribeAsync(command, cancellationToken);
                break;
        }
    }

    private async ValueTask SubscribeAsync(SocketCommand command, CancellationToken cancellationToken)
    {
        if (_subscriptions.ContainsKey(command.Id!))
        {
            throw new QueryException("id", $"the subscription '{command.Id}' exists; unsubscribe it first, or choose another id");
        }

        if (_subscriptions.Count >= options.MaxSubscriptions)
        {
            throw new QueryException(
                "id",
                $"this connection has {options.MaxSubscriptions} subscriptions, the maximum; unsubscribe one first, "
                    + "or open another connection"
            );
        }

        var (request, preset) = await RequestAsync(command, cancellationToken);
        var part = (rights as RequestRights)?.PartOrNull(command["namespace"].Concat(command["project"]), command["cluster"]);
        SubscriptionSet sources;
        try
        {
            sources = await request.OpenAsync(clusters, part ?? rights, preset, time, cancellationToken);
        }
        catch
        {
            part?.Dispose();
            throw;
        }

        var subscription = new Subscription(
            request,
            sources,
            part,
            new SubscriptionSink(output, command.Id!, request.Shape, sources.Sources, tally)
        );
        _subscriptions.Add(command.Id!, subscription);
        subscription.Sink.Answer("subscribed");
    }

    private async ValueTask<(StreamRequest Request, PresetStream? Preset)> RequestAsync(
        SocketCommand command,
        CancellationToken cancellationToken
    )
    {
        var cursor = command["cursor"].FirstOrDefault();
        if (command["preset"].FirstOrDefault() is { Length: > 0 } name)
        {
            var asked = PresetRequest.Parse(clusters, name, parameter => command[parameter]);
            await asked.SettleAsync(clusters, rights, time, cancellationToken);
            return (StreamRequest.Of(clusters, [asked.Entry], asked.Query, parameter => command[parameter], cursor), asked.Preset);
        }

        var names = command["resources"]
            .Concat(command["resource"])
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        return (StreamRequest.Parse(clusters, names, parameter => command[parameter], cursor), null);
    }

    private async ValueTask<bool> PumpAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        var written = subscription.Sink.Written;
        var any = await subscription.Sources.PumpAsync(subscription.Sink, notifier, inbox.Wake, cancellationToken);
        if (any && subscription.Sink.IsFull)
        {
            await output.FlushAsync(cancellationToken);
        }

        // Changes outside the filter have moved the cursor without an event: the next bookmark sends it.
        subscription.IsAhead |= subscription.Sink.Written != written;
        return any;
    }

    private void Beat()
    {
        _beat = true;
        inbox.Wake.Set();
    }

    private void Bookmark()
    {
        foreach (var subscription in _subscriptions.Values)
        {
            if (!subscription.IsAhead)
            {
                subscription.Sink.Bookmark();
            }

            subscription.IsAhead = false;
        }
    }

    private void WriteError(string? id, QueryException fault)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, JsonAnswer.Options))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "error"u8);
            if (id is not null)
            {
                json.WriteString("id"u8, id);
            }

            json.WriteNumber("status"u8, fault.Status);
            json.WriteString("parameter"u8, fault.Parameter);
            json.WriteString("error"u8, fault.Message);
            json.WriteEndObject();
        }

        output.Begin();
        output.Write(buffer.WrittenSpan);
        output.End();
    }

    /// <summary>
    /// A subscription; <see cref="IsAhead"/> says that something was written since the last heartbeat.
    /// </summary>
    private sealed record Subscription(StreamRequest Request, SubscriptionSet Sources, RequestRights? Rights, SubscriptionSink Sink)
        : IAsyncDisposable
    {
        public bool IsAhead { get; set; }

        public async ValueTask DisposeAsync()
        {
            await Sources.DisposeAsync();
            Rights?.Dispose();
        }
    }
}
