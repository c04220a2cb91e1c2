using System.Buffers;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Gateway.Http;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Notifications;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>
/// The changes of deployments in sentences: <c>{"timestamp", "message"}</c> for replicas, images and deletions. What
/// changes neither is silent.
/// </summary>
/// <remarks>
/// A new deployment is reported too. Parameters: <c>namespace</c>, <c>deployment</c> (a name), <c>labelSelector</c>,
/// <c>cluster</c>.
/// </remarks>
internal sealed class DeploymentLog(
    ClusterSet clusters,
    IViewRights rights,
    ChangeNotifier notifier,
    TimeProvider time,
    SocketOutput output,
    SocketInbox inbox,
    StreamTally tally
)
{
    private static readonly JsonPath Replicas = Path(".spec.replicas");

    /// <summary>Reads the request.</summary>
    /// <exception cref="QueryException">It cannot be understood.</exception>
    public static LiveQuery Parse(ClusterSet clusters, Func<string, IEnumerable<string?>> parameters)
    {
        var query = LiveQuery.Parse(parameters);
        if (!clusters.Sessions.Any(session => query.MatchesCluster(session.Name)))
        {
            throw QueryException.NotFound(
                "cluster",
                "Unknown cluster",
                $"this gateway has no such cluster; it has {string.Join(", ", clusters.Sessions.Select(session => session.Name))}"
            );
        }

        var names = parameters("deployment").Where(name => !string.IsNullOrEmpty(name)).ToHashSet(StringComparer.Ordinal);
        return names.Count == 0
            ? query
            : query.And($"deployment={string.Join(',', names.Order(StringComparer.Ordinal))}", o => names.Contains(o.Name));
    }

    /// <summary>Writes until the client closes or the token ends.</summary>
    public async Task RunAsync(LiveQuery query, CancellationToken cancellationToken)
    {
        var sink = new Sink(output, tally, time);
        var request = new StreamRequest(["deployments"], query, ChangeShape.Summary, StreamDelivery.Latest, null);
        await using var sources = await request.OpenAsync(clusters, rights, preset: null, time, cancellationToken);
        await using var onEnd = cancellationToken.UnsafeRegister(static wake => ((AsyncSignal)wake!).Set(), inbox.Wake);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // The client sends nothing over this socket.
            while (inbox.Reader.TryRead(out _)) { }

            if (inbox.Reader.Completion.IsCompleted)
            {
                return;
            }

            var any = await sources.PumpAsync(sink, notifier, inbox.Wake, cancellationToken);
            await sink.FlushAsync(cancellationToken);
            tally.Flushed(time);
            if (!any)
            {
                await inbox.Wake.WaitAsync();
            }
        }
    }

    /// <summary>
    /// An update in words; empty for none. Without the previous version (steps were folded) it describes the current
    /// state.
    /// </summary>
    internal static IEnumerable<string> Describe(RawObject? old, RawObject next)
    {
        var (replicas, images) = (Read(next, Replicas) ?? "1", ImagesOf(next));
        if (old is null)
        {
            yield return $"Deployment {next.Name} has {replicas} replicas of {string.Join(", ", images.Values)}";
            yield break;
        }

        var before = Read(old, Replicas) ?? "1";
        if (before != replicas)
        {
            yield return $"Deployment {next.Name} scaled from {before} to {replicas} replicas";
        }

        var had = ImagesOf(old);
        foreach (var (container, image) in images)
        {
            if (had.GetValueOrDefault(container) is not { } previous)
            {
                yield return $"Deployment {next.Name} container {container} added with image {image}";
            }
            else if (previous != image)
            {
                yield return $"Deployment {next.Name} container {container} image changed from {previous} to {image}";
            }
        }

        foreach (var container in had.Keys.Where(container => !images.ContainsKey(container)))
        {
            yield return $"Deployment {next.Name} container {container} removed";
        }
    }

    private static Dictionary<string, string> ImagesOf(RawObject o)
    {
        // Name and image of one container belong together: a container may lack an image (a webhook is to set it).
        var images = new Dictionary<string, string>(StringComparer.Ordinal);
        using var json = o.Open();
        foreach (var container in new JsonView(json.Span)["spec"u8]["template"u8]["spec"u8]["containers"u8].Items())
        {
            images[container["name"u8].Text ?? ""] = container["image"u8].Text ?? "(none)";
        }

        return images;
    }

    private static string? Read(RawObject o, JsonPath path)
    {
        using var json = o.Open();
        return path.ReadText(json.Span);
    }

    private static JsonPath Path(string text) =>
        JsonPath.TryParse(text, out var path, out var error) ? path : throw new InvalidOperationException(error);

    /// <summary>Turns changes into sentences.</summary>
    private sealed class Sink(SocketOutput output, StreamTally tally, TimeProvider time) : IDeltaSink
    {
        private bool _synced;

        public StreamTally Tally => tally;

        public ChangeShape Shape => ChangeShape.Summary;

        public void Reset(LiveSubscription source, ResetReason reason)
        {
            tally.Reset(reason);
            _synced = false;
            if (reason != ResetReason.Start)
            {
                Say(source, time.GetUtcNow(), "", $"changes may have been missed: {EventMembers.Word(reason)}");
            }
        }

        public void Change(LiveSubscription source, DeltaKind kind, ReadOnlyMemory<byte> line) { }

        public void Change(LiveSubscription source, DeltaKind kind, Delta delta)
        {
            switch (kind)
            {
                case DeltaKind.Deleted:
                    Say(source, delta.ReceivedAt, delta.Object.Namespace, $"Deployment {delta.Object.Name} deleted");
                    break;
                case DeltaKind.Added when _synced:
                    Say(
                        source,
                        delta.ReceivedAt,
                        delta.Object.Namespace,
                        $"Deployment {delta.Object.Name} created with {Read(delta.Object, Replicas) ?? "1"} replicas of "
                            + $"{string.Join(", ", ImagesOf(delta.Object).Values)}"
                    );
                    break;
                case DeltaKind.Updated:
                    foreach (var sentence in Describe(delta.Old, delta.New!))
                    {
                        Say(source, delta.ReceivedAt, delta.Object.Namespace, sentence);
                    }

                    break;
            }
        }

        public void Synced(LiveSubscription source, int objects) => _synced = true;

        public void Freshness(LiveSubscription source, Freshness freshness) =>
            Say(
                source,
                freshness.Since,
                "",
                freshness.IsLive ? $"{source.Feed.Name} is live again" : $"{source.Feed.Name} is stale: {freshness.Reason}"
            );

        public ValueTask FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        private void Say(LiveSubscription source, DateTimeOffset at, string ns, string message)
        {
            tally.Sent();
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var json = new Utf8JsonWriter(buffer, JsonAnswer.Options))
            {
                json.WriteStartObject();
                json.WriteString("timestamp"u8, JsonTime.Text(at));
                json.WriteString("message"u8, message);
                json.WriteString("cluster"u8, source.Feed.Cluster);
                json.WriteString("namespace"u8, ns);
                json.WriteEndObject();
            }

            output.Begin();
            output.Write(buffer.WrittenSpan);
            output.End();
        }
    }
}
