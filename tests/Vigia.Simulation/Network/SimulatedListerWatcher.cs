using System.Text;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Kubernetes.Watching;
using Vigia.Simulation.Cluster;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Network;

/// <summary>
/// One client of the simulated cluster: a load balancer chooses an API server for each request, and the network does
/// what networks do.
/// </summary>
internal sealed class SimulatedListerWatcher : IListerWatcher
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Random _random;
    private readonly SimulationClock _clock;
    private readonly Truth _truth;
    private readonly IReadOnlyList<ApiServer> _servers;
    private readonly Faults _faults;
    private readonly Connections _connections;
    private readonly StreamingLists _streaming;
    private readonly TemplateTable _templates = new();
    private readonly Action<string> _trace;
    private ulong? _mustResumeAt;

    public SimulatedListerWatcher(
        Random random,
        SimulationClock clock,
        Truth truth,
        IReadOnlyList<ApiServer> servers,
        Faults faults,
        Connections connections,
        StreamingLists streaming,
        Action<string> trace
    ) =>
        (_random, _clock, _truth, _servers, _faults, _connections, _streaming, _trace) = (
            random,
            clock,
            truth,
            servers,
            faults,
            connections,
            streaming,
            trace
        );

    public GroupVersionResource Resource { get; } = new("", "v1", "pods");

    public string Cluster => "simulated";

    /// <summary>What this client did that no client may do; null for nothing.</summary>
    public string? Misconduct { get; private set; }

    public async Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
    {
        _trace($"LIST rv={request.ResourceVersion} limit={request.Limit} continue={request.Continue}");
        if (request.Limit != 1)
        {
            _mustResumeAt = null;
        }

        var server = await OpenAsync(cancellationToken);
        var (items, revision, token) = await AnswerAsync(server, request, cancellationToken);
        var bare = items.Select(item => item.Json.Replace("\"kind\":\"Pod\",\"apiVersion\":\"v1\",", "", StringComparison.Ordinal));
        var body = Encoding.UTF8.GetBytes(
            $$$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{{{revision}}}","continue":"{{{token}}}"},"items":"""
                + $$$"""[{{{string.Join(',', bare)}}}]}"""
        );
        var stream = new SimulatedStream(_random, _clock, _connections, Latency());
        var cut = _faults.CutList && Strikes() ? _random.Next(body.Length) : body.Length;
        for (var at = 0; at < cut; )
        {
            var piece = Math.Min(_random.Next(1, 4000), cut - at);
            stream.Push(body[at..(at + piece)]);
            at += piece;
        }

        if (cut == body.Length)
        {
            stream.End();
        }
        else if (_faults.Freeze && _random.Next(2) == 0)
        {
            stream.Freeze();
        }
        else
        {
            _connections.Later(Latency(), stream.Cut);
        }

        try
        {
            await using var idle = new IdleTimeoutStream(stream, s_patience, _clock, "simulated pods", cancellationToken);
            using var buffer = new BodyBuffer(idle, 16 << 20);
            return await new ListDecoder(new ObjectDecoder(_templates), sink).ReadAsync(buffer, cancellationToken);
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            throw new KubernetesConnectionException(
                $"the connection to simulated broke while pods were being listed: {error.Message}",
                error
            );
        }
    }

    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        _trace($"WATCH rv={request.ResourceVersion} streaming={request.SendInitialEvents}");
        if (_mustResumeAt is { } expected && !request.SendInitialEvents && request.ResourceVersion.Number != expected)
        {
            Misconduct ??= $"a watch that was read to its end at {expected} was resumed at {request.ResourceVersion}";
        }

        var server = await OpenAsync(cancellationToken);
        if (request.SendInitialEvents && _streaming == StreamingLists.Refused)
        {
            throw Status(422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
        }

        var after = request.SendInitialEvents ? _truth.Revision : request.ResourceVersion.Number;
        var isTooOld = !request.SendInitialEvents && after < _truth.Compacted;
        if (isTooOld && _random.Next(2) == 0)
        {
            throw Status(410, _random.Next(2) == 0 ? "Expired" : "Gone", $"too old resource version: {after} ({_truth.Compacted})");
        }

        if (request.SendInitialEvents)
        {
            server.Follow();
            after = server.Seen;
        }

        _mustResumeAt = null;
        var stream = new SimulatedStream(_random, _clock, _connections, Latency());
        var watch = new WatchConnection(server, stream, after);
        stream.OnClosed = watch.Detach;
        stream.OnReadToEnd = () =>
            _mustResumeAt = watch is { IsEnded: true, IsSpoilt: false } && !request.SendInitialEvents ? watch.Sent : null;
        if (isTooOld)
        {
            watch.Error(410, _random.Next(2) == 0 ? "Expired" : "Gone", $"too old resource version: {after} ({_truth.Compacted})");
        }
        else
        {
            if (request.SendInitialEvents)
            {
                foreach (var version in server.Cache.Values)
                {
                    watch.SendInitial(version);
                }

                if (_streaming != StreamingLists.NeverEnd)
                {
                    watch.Bookmark(endsInitial: true);
                }
            }

            server.Attach(watch, after);
            _connections.Later(
                request.Timeout,
                () =>
                {
                    if (!watch.IsEnded)
                    {
                        watch.End();
                    }
                }
            );
        }

        return new WatchStream(stream, 16 << 20, stream, new ObjectDecoder(_templates));
    }

    private static KubernetesApiException Status(
        int code,
        string reason,
        string message,
        TimeSpan? retryAfter = null,
        string? cause = null
    ) => new(new KubernetesStatus(code, reason, message, retryAfter, cause is null ? [] : [(cause, "")]), "GET", "/api/v1/pods");

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(_random.Next(20) == 0 ? _random.Next(5000) : _random.Next(60));

    private bool Strikes() => _random.NextDouble() < _faults.Rate;

    /// <summary>The way to a server: takes its time, and may lead nowhere.</summary>
    private async Task<ApiServer> OpenAsync(CancellationToken cancellationToken)
    {
        await _clock.Delay(Latency(), cancellationToken);
        if (Strikes())
        {
            switch (_random.Next(5))
            {
                case 0 when _faults.Refuse:
                    throw new KubernetesConnectionException("simulated refuses connections", new IOException("connection refused"));
                case 1 when _faults.Throttle:
                    throw Status(
                        429,
                        "TooManyRequests",
                        "too many requests",
                        _random.Next(2) == 0 ? TimeSpan.FromSeconds(_random.Next(1, 20)) : null
                    );
                case 2 when _faults.ServerError:
                    throw Status(_random.Next(500, 505), "InternalError", "etcdserver: leader changed");
                case 3 when _faults.Deny:
                    throw Status(_random.Next(2) == 0 ? 401 : 403, "Forbidden", "pods is forbidden");
                case 4 when _faults.HangOpen:
                    await _clock.Delay(s_patience, cancellationToken);
                    throw new KubernetesConnectionException("simulated did not answer in time", new TimeoutException());
            }
        }

        return _servers[_random.Next(_servers.Count)];
    }

    private async Task<(IReadOnlyList<ObjectVersion> Items, ulong Revision, string Continue)> AnswerAsync(
        ApiServer server,
        ListRequest request,
        CancellationToken cancellationToken
    )
    {
        if (request.Continue is { } token)
        {
            return Page(token, request.Limit);
        }

        if (request.ResourceVersion.IsNone || (_faults.PagedCache && request.ResourceVersion == ResourceVersion.Any))
        {
            return Page($"{_truth.Revision}.{_truth.Era}.0", request.Limit);
        }

        var asked = request.ResourceVersion.Number;
        if (asked > server.Seen)
        {
            // The watch cache waits three seconds for the revision, then gives up, in one of three forms (informers.md
            // 2.1).
            await _clock.Delay(TimeSpan.FromSeconds(3), cancellationToken);
            if (asked > server.Seen)
            {
                throw _random.Next(3) switch
                {
                    0 => Status(504, "Timeout", "Timeout: Too large resource version", TimeSpan.FromSeconds(1), "ResourceVersionTooLarge"),
                    1 => new KubernetesApiException(
                        new KubernetesStatus(
                            504,
                            "Timeout",
                            "Timeout",
                            TimeSpan.FromSeconds(1),
                            [("", "Too large resource version: 1, current: 0")]
                        ),
                        "GET",
                        "/api/v1/pods"
                    ),
                    _ => Status(504, "Timeout", "Timeout: Too large resource version: 1, current: 0"),
                };
            }
        }

        return ([.. server.Cache.Values], server.Seen, "");
    }

    /// <summary>A page of a consistent list: its token is good until the history is compacted.</summary>
    private (IReadOnlyList<ObjectVersion> Items, ulong Revision, string Continue) Page(string token, int limit)
    {
        var parts = token.Split('.').Select(ulong.Parse).ToArray();
        var (revision, era, from) = (parts[0], (int)parts[1], (int)parts[2]);
        if (revision < _truth.Compacted || era != _truth.Era)
        {
            throw Status(410, "Expired", "the provided continue parameter is too old");
        }

        SortedDictionary<ObjectKey, ObjectVersion> state = new(_truth.Base.Objects);
        foreach (var change in _truth.Log.TakeWhile(change => change.Version.Revision <= revision))
        {
            if (change.Type == "DELETED")
            {
                state.Remove(change.Version.Key);
            }
            else
            {
                state[change.Version.Key] = change.Version;
            }
        }

        // The server's own page size is what is small here: so that small lists have pages.
        var size = limit == 0 ? int.MaxValue : Math.Min(limit, 7);
        var items = state.Values.Skip(from).Take(size).ToList();
        return (items, revision, from + (long)size < state.Count ? $"{revision}.{era}.{from + size}" : "");
    }
}

/// <summary>What becomes of a request for a streaming list.</summary>
internal enum StreamingLists
{
    Off,
    Served,
    Refused,
    NeverEnd,
}
