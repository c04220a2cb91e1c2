using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Http;

/// <summary>
/// Limits the connections of the gateway: their number, the number of idle ones, and the time until the first request.
/// </summary>
/// <remarks>
/// A client that opens connections and sends nothing, or sends byte by byte, takes no room from others: if there are
/// too many idle connections, the one idle for longest is closed. A normal client's connection is younger, since it
/// sends a request as soon as it is open. Kestrel's headers timeout starts with their first byte, and its connection
/// limit refuses the newest.
/// </remarks>
internal sealed class ConnectionLimiter(StreamOptions options, int mostOpen, RefusalLog refusals, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan ShortestSweep = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly LinkedList<ConnectionUse> _idle = new();
    private ITimer? _sweep;
    private int _open;

    /// <summary>Connections that are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Idle connections.</summary>
    public int Idle
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>At most so many are open.</summary>
    public int MostOpen => mostOpen;

    /// <summary>How long a response may wait to be taken, in addition to the time for its bytes.</summary>
    public TimeSpan AnswerGrace => options.AnswerGrace;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>A client did not take its answer.</summary>
    public void TellSlow(ConnectionUse use) => refusals.Tell(RefusalReason.TooSlow, use.Connection.RemoteEndPoint?.ToString());

    /// <summary>Adds what there is to a scrape.</summary>
    public void Write(MetricText text)
    {
        text.Gauge("vigia_connections_open", "Open connections.").Set(Open);
        text.Gauge("vigia_connections_idle", "Open connections without a request.").Set(Idle);
        text.Gauge("vigia_connections_max", "The limit of open connections.").Set(MostOpen);
        refusals.Write(text);
    }

    /// <summary>Starts to look for connections without a request.</summary>
    public void Start()
    {
        var period = options.HeadersTimeout / 4;
        period = period < ShortestSweep ? ShortestSweep : period;
        _sweep = time.CreateTimer(_ => Sweep(), null, period, period);
    }

    /// <summary>The step of a connection's pipeline, before TLS.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => connection => FollowAsync(connection, next);

    /// <summary>The first step of a request's pipeline: a connection with a request is not idle.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ConnectionUse>() is not { } use)
        {
            await next(context);
            return;
        }

        Begin(use);
        try
        {
            await next(context);
        }
        finally
        {
            if (ConnectionTakeover.Of(context) is { } taken)
            {
                taken.WhenEnded(_ => End(use));
            }
            else
            {
                End(use);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _sweep?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task FollowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var use = new ConnectionUse(this, connection, time.GetTimestamp());
        ConnectionUse? oldest = null;
        bool isTooMany;
        lock (_gate)
        {
            isTooMany = ++_open > mostOpen;
            _idle.AddLast(use.Idle);
            if (_idle.Count > options.MaxIdleConnections || (isTooMany && _idle.Count > 1))
            {
                oldest = _idle.First!.Value;
                _idle.Remove(oldest.Idle);
            }
        }

        try
        {
            if (oldest is not null)
            {
                Cut(oldest, RefusalReason.TooManyIdle);
            }
            else if (isTooMany)
            {
                // All others are in use.
                Cut(use, RefusalReason.TooManyConnections);
                return;
            }

            connection.Features.Set(use);
            await next(connection);
        }
        finally
        {
            lock (_gate)
            {
                _open--;
                if (use.Idle.List is not null)
                {
                    _idle.Remove(use.Idle);
                }
            }
        }
    }

    private void Begin(ConnectionUse use)
    {
        lock (_gate)
        {
            use.HasAsked = true;
            if (++use.Requests == 1 && use.Idle.List is not null)
            {
                _idle.Remove(use.Idle);
            }
        }
    }

    private void End(ConnectionUse use)
    {
        lock (_gate)
        {
            if (--use.Requests == 0 && !use.Connection.ConnectionClosed.IsCancellationRequested)
            {
                use.Since = time.GetTimestamp();
                _idle.AddLast(use.Idle);
            }
        }
    }

    /// <summary>
    /// Closes connections that were opened long ago and have sent no request yet. Kestrel's timeouts cover those that
    /// have.
    /// </summary>
    private void Sweep()
    {
        List<ConnectionUse>? late = null;
        lock (_gate)
        {
            for (
                var node = _idle.First;
                node is not null && time.GetElapsedTime(node.Value.Since) > options.HeadersTimeout;
                node = node.Next
            )
            {
                if (!node.Value.HasAsked)
                {
                    (late ??= []).Add(node.Value);
                }
            }

            late?.ForEach(use => _idle.Remove(use.Idle));
        }

        late?.ForEach(use => Cut(use, RefusalReason.NoRequest));
    }

    private void Cut(ConnectionUse use, RefusalReason reason)
    {
        if (use.TryRefuse())
        {
            refusals.Tell(reason, use.Connection.RemoteEndPoint?.ToString());
        }

        use.Connection.Abort(new ConnectionAbortedException(RefusalLog.Word(reason)));
    }
}
