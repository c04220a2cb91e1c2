using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Http;

/// <summary>Counts refusals, and logs them at a bounded rate: a flood of refusals is not a flood of lines.</summary>
internal sealed partial class RefusalLog(ILogger logger, TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    // Kestrel's event for an unreadable request; otherwise there is only a line at Debug.
    private const string KestrelEvent = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Lines a second; further ones are counted in one line.</summary>
    public const int LinesPerSecond = 10;

    private static readonly RefusalReason[] Reasons = Enum.GetValues<RefusalReason>();

    private readonly long[] _counts = new long[Reasons.Length];
    private readonly Lock _gate = new();
    private long _second = long.MinValue;
    private int _lines;
    private long _left;

    /// <summary>The reason in metrics and logs.</summary>
    public static string Word(RefusalReason reason) =>
        reason switch
        {
            RefusalReason.NoRequest => "no-request",
            RefusalReason.TooManyIdle => "too-many-idle",
            RefusalReason.TooManyConnections => "too-many-connections",
            RefusalReason.TooSlow => "too-slow",
            _ => "bad-http",
        };

    /// <summary>How many there were.</summary>
    public long Count(RefusalReason reason) => Volatile.Read(ref _counts[(int)reason]);

    /// <summary>Hears of what Kestrel refuses by itself, as long as its listener lives.</summary>
    public void Listen(DiagnosticListener kestrel) => kestrel.Subscribe(this, static name => name == KestrelEvent);

    /// <summary>Adds the counters to a scrape.</summary>
    public void Write(MetricText text)
    {
        var family = text.Counter(
            "vigia_connections_refused_total",
            "Connections closed by the gateway: no request (no-request, too-many-idle), too many (too-many-connections), invalid HTTP "
                + "(bad-http), answer not read (too-slow)."
        );
        foreach (var reason in Reasons)
        {
            family.Set(Count(reason), ("reason", Word(reason)));
        }
    }

    /// <summary>A connection was cut.</summary>
    public void Tell(RefusalReason reason, string? client)
    {
        if (Add(reason))
        {
            LogCut(client, Word(reason));
        }
    }

    /// <summary>A fault of the gateway's own: always logged, with its trace.</summary>
    public void TellFault(HttpContext context, Exception fault) =>
        LogFault(context.Request.Method, LogText.Of(context.Request.Path), fault);

    /// <summary>
    /// A step of a request's pipeline: logs the answers that refuse; metrics count them by route and status.
    /// </summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response.StatusCode >= 400 && MayLog())
        {
            LogRefused(
                context.Request.Method,
                LogText.Of(context.Request.Path),
                context.Connection.RemoteIpAddress?.ToString(),
                context.Response.StatusCode
            );
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (
            value.Key == KestrelEvent
            && value.Value is IFeatureCollection features
            && features.Get<ConnectionUse>()?.TryRefuse() != false
            && Add(RefusalReason.BadHttp)
        )
        {
            LogBadHttp(
                features.Get<IHttpConnectionFeature>()?.RemoteIpAddress?.ToString(),
                LogText.Of(features.Get<IBadRequestExceptionFeature>()?.Error?.Message)
            );
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted() { }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error) { }

    private bool Add(RefusalReason reason)
    {
        Interlocked.Increment(ref _counts[(int)reason]);
        return MayLog();
    }

    private bool MayLog()
    {
        long left;
        lock (_gate)
        {
            var second = time.GetTimestamp() / time.TimestampFrequency;
            if (second == _second)
            {
                if (_lines >= LinesPerSecond)
                {
                    _left++;
                    return false;
                }

                _lines++;
                return true;
            }

            (_second, _lines) = (second, 1);
            (left, _left) = (_left, 0);
        }

        if (left > 0)
        {
            LogLeft(left);
        }

        return true;
    }

    [LoggerMessage(3090, LogLevel.Information, "Refused {Method} {Path} of {Client} with {Status}")]
    private partial void LogRefused(string method, string path, string? client, int status);

    [LoggerMessage(3091, LogLevel.Information, "Closed a connection of {Client}: {Reason}")]
    private partial void LogCut(string? client, string reason);

    [LoggerMessage(3092, LogLevel.Information, "Invalid HTTP from {Client}: {Reason}")]
    private partial void LogBadHttp(string? client, string reason);

    [LoggerMessage(3094, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFault(string method, string path, Exception fault);

    [LoggerMessage(
        3093,
        LogLevel.Warning,
        "{Count} more refusals were not logged individually; "
            + "vigia_connections_refused_total and vigia_http_request_duration_seconds_count include them"
    )]
    private partial void LogLeft(long count);
}
