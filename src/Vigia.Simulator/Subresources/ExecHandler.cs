using System.Text.Json.Nodes;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Spdy;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// <c>pods/NAME/exec</c> and <c>pods/NAME/attach</c>: a fake shell, or the main program, at the other end of a
/// WebSocket or of SPDY streams.
/// </summary>
internal sealed class ExecHandler(ObjectStore store, LogHandler logs, TimeProvider time)
{
    private static readonly LogRequest FromNow = new(null, true, false, false, 0, null, null);

    public async Task HandleAsync(ApiRequest request, StoredObject item)
    {
        // 1. Everything that can be refused is refused before the protocol changes.
        var attach = request.Path.Subresource == "attach";
        var pod = item.ToJson();
        var command = request.Http.Request.Query["command"].OfType<string>().ToArray();
        if (!attach && command.Length == 0)
        {
            throw StatusException.BadRequest("you must specify at least 1 command for the container");
        }

        if (!request.QueryFlag("stdin") && !request.QueryFlag("stdout") && !request.QueryFlag("stderr"))
        {
            throw StatusException.BadRequest("you must specify at least 1 of stdin, stdout, stderr");
        }

        if ((string?)pod["status"]?["phase"] is "Succeeded" or "Failed")
        {
            throw StatusException.BadRequest(
                $"cannot exec into a container in a completed pod; current phase is {(string?)pod["status"]?["phase"]}"
            );
        }

        var container = ContainerInstance.Choose(item, pod, request.Query("container"));
        var run = ContainerInstance.Find(item, pod, container, previous: false);
        if (run.FinishedAt is not null)
        {
            throw new StatusException(500, "InternalError", $"unable to upgrade connection: container not found (\"{container}\")");
        }

        var tty = request.QueryFlag("tty");
        await using var streams = await OpenAsync(request, tty, time);
        try
        {
            // 2. The command runs until it ends, the client leaves, or the container does.
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(streams.Gone, request.Aborted);
            using var watching = EndWithRun(run, ended);
            var status = attach
                ? await AttachAsync(streams, run, tty, ended.Token)
                : await new Shell(streams, run, time, tty).RunAsync(command, ended.Token);
            await streams.FinishAsync(status, request.Aborted);
        }
        catch (OperationCanceledException) when (streams.Gone.IsCancellationRequested || request.Aborted.IsCancellationRequested)
        {
            // The client has left: there is no client left to inform.
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException)
        {
            // The same, seen by a write.
        }
        catch (OperationCanceledException)
        {
            await streams.FinishAsync(ExitStatus.Of(137), request.Aborted);
        }
        finally
        {
            await streams.CloseAsync();
        }
    }

    private static async Task<RemoteStreams> OpenAsync(ApiRequest request, bool tty, TimeProvider time)
    {
        var http = request.Http;
        if (SpdyUpgrade.IsAsked(http))
        {
            var transport = await SpdyUpgrade.AcceptAsync(http, SpdyRemoteStreams.Protocols);
            return await SpdyRemoteStreams.OpenAsync(transport, Expected(request, tty), time, http.RequestAborted);
        }

        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw StatusException.BadRequest("Upgrade request required");
        }

        var offered = http.WebSockets.WebSocketRequestedProtocols;
        var chosen =
            offered.Count == 0
                ? null
                : WebSocketStreams.Protocols.FirstOrDefault(offered.Contains)
                    ?? throw StatusException.BadRequest(
                        $"unsupported subprotocols [{string.Join(' ', offered)}]; supported: "
                            + $"[{string.Join(' ', WebSocketStreams.Protocols)}]"
                    );
        var streams = new WebSocketStreams(await http.WebSockets.AcceptWebSocketAsync(chosen), http.RequestAborted);
        if (chosen is not null && !chosen.StartsWith("v5", StringComparison.Ordinal))
        {
            await streams.GreetAsync(request.Aborted);
        }

        return streams;
    }

    /// <summary>The streams that a query announces, and that SPDY opens one by one.</summary>
    private static List<string> Expected(ApiRequest request, bool tty)
    {
        List<string> expected = ["error"];
        foreach (var name in new[] { "stdin", "stdout", "stderr" })
        {
            if (request.QueryFlag(name) && !(tty && name == "stderr"))
            {
                expected.Add(name);
            }
        }

        if (tty)
        {
            expected.Add("resize");
        }

        return expected;
    }

    /// <summary>The main program's output; its input is discarded, as with a program that does not read.</summary>
    private async Task<JsonObject> AttachAsync(RemoteStreams streams, ContainerInstance run, bool tty, CancellationToken cancellationToken)
    {
        streams.DiscardsInput = true;
        await logs.CopyAsync(
            run,
            FromNow,
            async (bytes, ct) => await streams.WriteAsync(tty ? Shell.Cooked(bytes.Span) : bytes, error: false, ct),
            cancellationToken
        );
        return ExitStatus.Of(0);
    }

    /// <summary>A command dies with its container.</summary>
    private IDisposable EndWithRun(ContainerInstance run, CancellationTokenSource ended) =>
        store.Subscribe(
            BuiltInTypes.Pods.Gvr,
            change =>
            {
                if (change.Item.Key.Name != run.PodName || change.Item.Key.Namespace != run.Namespace)
                {
                    return;
                }

                var alive = change.Kind != ChangeKind.Deleted && change.Item.Uid == run.Uid && IsAlive(change.Item, run);
                if (!alive)
                {
                    // Not under the store's lock.
                    ThreadPool.UnsafeQueueUserWorkItem(static source => Cancel(source), ended, preferLocal: false);
                }
            }
        );

    private static bool IsAlive(StoredObject item, ContainerInstance run)
    {
        try
        {
            return ContainerInstance.Find(item, item.ToJson(), run.Container, previous: false) is { FinishedAt: null } now
                && now.IsSameRun(run);
        }
        catch (StatusException)
        {
            return false;
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The command had ended already.
        }
    }
}
