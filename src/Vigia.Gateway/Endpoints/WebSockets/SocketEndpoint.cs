using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Sse;
using Vigia.Gateway.Http;
using Vigia.Gateway.Streaming;
using Vigia.Live.Clusters;
using Vigia.Live.Notifications;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>Opens WebSockets, keeps them alive, and closes them with the code that says why.</summary>
/// <remarks>
/// Codes: 1000 the client closed, 1001 the gateway stops, 1003 binary, 1007 not UTF-8, 1008 too many bad messages, 1009
/// too big, 1011 a fault of ours. Too many connections are refused with 503 before anything is opened.
/// </remarks>
internal sealed partial class SocketEndpoint(
    ClusterSet clusters,
    StreamRegistry registry,
    ChangeNotifier notifier,
    SocketOptions options,
    StreamOptions streams,
    TimeProvider time,
    ILogger<SocketEndpoint> logger,
    IHostApplicationLifetime lifetime
)
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly CancellationToken _stopping = lifetime.ApplicationStopping;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/api/v1/ws", SocketHandshake.Methods, SubscribeAsync).WithMetadata(StreamOperations.Socket);
        app.MapMethods("/api/wds/logs", SocketHandshake.Methods, DeploymentLogAsync).WithMetadata(StreamOperations.DeploymentLog);
    }

    /// <summary><c>/api/v1/ws</c>: subscriptions.</summary>
    public Task SubscribeAsync(HttpContext context) =>
        OpenAsync(
            context,
            async (output, inbox, tally, cancellationToken) =>
            {
                var connection = new SocketConnection(
                    clusters,
                    context.ViewRights(),
                    notifier,
                    options,
                    streams,
                    time,
                    output,
                    inbox,
                    tally
                );
                try
                {
                    await connection.RunAsync(cancellationToken);
                }
                finally
                {
                    LogSubscriptions(context.TraceIdentifier, connection.Asked, tally.Changes);
                }
            }
        );

    /// <summary><c>/api/wds/logs</c>: changes of deployments in words.</summary>
    public Task DeploymentLogAsync(HttpContext context)
    {
        var request = DeploymentLog.Parse(clusters, name => context.Request.Query[name]);
        return OpenAsync(
            context,
            (output, inbox, tally, cancellationToken) =>
                new DeploymentLog(clusters, context.ViewRights(), notifier, time, output, inbox, tally).RunAsync(request, cancellationToken)
        );
    }

    private async Task OpenAsync(HttpContext context, Func<SocketOutput, SocketInbox, StreamTally, CancellationToken, Task> run)
    {
        if (!await SocketHandshake.IsWantedAsync(context))
        {
            return;
        }

        using var entry = registry.TryEnter(context, StreamTransport.WebSocket, out var refusal);
        if (entry is null)
        {
            await refusal!.WriteAsync(context);
            return;
        }

        LogOpened(entry.Id, context.Connection.RemoteIpAddress?.ToString(), context.Request.Path);

        // Reading ends last: to cancel it ends the socket, and nothing could be said any more.
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await using var stream = new SocketStream(await SocketHandshake.AcceptAsync(context), gone);
        using var socket = WebSocket.CreateFromStream(
            stream,
            new WebSocketCreationOptions
            {
                IsServer = true,
                KeepAliveInterval = options.PingInterval,
                KeepAliveTimeout = options.PongTimeout,
            }
        );
        using var over = new CancellationTokenSource(streams.Lifetime * (1 + (entry.Jitter / 4)), time);
        await using var onStop = _stopping.UnsafeRegister(_ => over.CancelAfter(registry.DrainOf() * entry.Jitter), null);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, over.Token);
        var inbox = new SocketInbox(socket, options, new AsyncSignal());

        var reading = inbox.RunAsync(gone.Token);
        var (status, reason) = (WebSocketCloseStatus.NormalClosure, "");
        try
        {
            // A client that is gone ends the reading, and with it everything that is behind the socket.
            using var left = new CancellationTokenSource();
            _ = reading.ContinueWith(
                static (_, source) => ((CancellationTokenSource)source!).CancelAfter(CloseTimeout),
                left,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, left.Token);
            await run(new SocketOutput(stream), inbox, entry.Tally, either.Token);
            (status, reason) = inbox.Closing;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or WebSocketException)
        {
            (status, reason) = over.IsCancellationRequested
                ? (
                    WebSocketCloseStatus.EndpointUnavailable,
                    _stopping.IsCancellationRequested
                        ? "the gateway is stopping"
                        : "this connection has reached its longest life: reconnect with the cursors"
                )
                : inbox.Closing;
        }
        catch (Exception failed)
        {
            (status, reason) = (WebSocketCloseStatus.InternalServerError, "the connection failed; reconnect with the cursors");
            LogFailed(entry.Id, failed);
        }
        finally
        {
            await CloseAsync(socket, status, reason);
            await gone.CancelAsync();
            await reading;
            SentCounter.Tell(context, entry.Tally.Changes);
            LogClosed(entry.Id, (int)status, entry.Tally.Changes);
        }
    }

    private async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status, string reason)
    {
        using var patience = new CancellationTokenSource(CloseTimeout, time);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, reason, patience.Token);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or WebSocketException or ObjectDisposedException)
        {
            // There is no client left to inform.
            socket.Abort();
        }
    }

    [LoggerMessage(3020, LogLevel.Information, "Socket {Stream} opened by {Client}: {Path}")]
    private partial void LogOpened(long stream, string? client, string path);

    [LoggerMessage(3021, LogLevel.Information, "Socket {Stream} closed with {Status} after {Changes} changes")]
    private partial void LogClosed(long stream, int status, long changes);

    [LoggerMessage(3022, LogLevel.Error, "Socket {Stream} failed; the client will reconnect with its cursors")]
    private partial void LogFailed(long stream, Exception error);

    [LoggerMessage(3023, LogLevel.Information, "Request {Request} ended with subscriptions to [{Resources}], {Changes} changes sent")]
    private partial void LogSubscriptions(string request, string resources, long changes);
}
