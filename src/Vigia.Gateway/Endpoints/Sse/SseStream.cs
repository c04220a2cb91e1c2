using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Http;
using Vigia.Gateway.Streaming;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>A stream with all that it holds, which is freed when it ends, however it does.</summary>
internal sealed partial class SseStream(
    StreamRegistry.Entry entry,
    SubscriptionSet sources,
    SseOutput output,
    SseConnection connection,
    string asked,
    Activity? span,
    ILogger logger
) : ITakenOverConnection
{
    /// <inheritdoc/>
    public long Changes => entry.Tally.Changes;

    /// <inheritdoc/>
    public long Bytes => output.Bytes;

    /// <inheritdoc/>
    public async Task<bool> RunAsync(Action<ITakenOverConnection>? ended, CancellationToken client, CancellationToken caller)
    {
        using var either = caller.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(client, caller) : null;
        try
        {
            await connection.RunAsync(either?.Token ?? client);
            return true;
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            // The client left: its resources are released below.
            return false;
        }
        catch (Exception failed)
        {
            // The client reconnects with its cursor; others notice nothing.
            LogFailed(entry.Id, asked, failed);
            return false;
        }
        finally
        {
            await sources.DisposeAsync();
            LogClosed(entry.Id, asked, Changes);
            entry.Dispose();
            ended?.Invoke(this);
            span?.SetTag("vigia.changes", Changes).Dispose();
        }
    }

    [LoggerMessage(3003, LogLevel.Information, "Stream {Stream} of {Resources} closed after {Changes} changes")]
    private partial void LogClosed(long stream, string resources, long changes);

    [LoggerMessage(3004, LogLevel.Error, "Stream {Stream} of {Resources} failed; the client will reconnect with its cursor")]
    private partial void LogFailed(long stream, string resources, Exception error);
}
