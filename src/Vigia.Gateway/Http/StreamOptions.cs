namespace Vigia.Gateway.Http;

/// <summary>How streams behave towards browsers and proxies.</summary>
public sealed record StreamOptions
{
    /// <summary>
    /// Whether a stream over HTTP/1.1 writes to its connection directly, with frames that all streams share. Default
    /// true. False goes through the web server's response, as streams over HTTP/2 do: the same events at a higher cost,
    /// and nothing of the web server's is bypassed.
    /// </summary>
    public bool Takeover { get; init; } = true;

    /// <summary>
    /// After so long without an event a <c>bookmark</c> or a comment goes out. Default 15 s: below every proxy's idle
    /// timeout that is known.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Reconnect delay sent to the client (<c>retry:</c>). Default 2 s, and up to the same again at random, so that not
    /// all reconnect at once.
    /// </summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A stream ends after this and up to a quarter more, and its client comes back with its cursor: so that
    /// connections find their way to new replicas. Default 1 h.
    /// </summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Longest time to receive a request's headers, and until a new connection sends its first request. Default 10 s;
    /// then the connection is closed.
    /// </summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be open without a request. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Longest time to write a response other than a stream, plus one second for each 16 KiB. Default 10 s; then the
    /// connection is closed. A stream may wait for any time: it is caught up when it is read again.
    /// </summary>
    public TimeSpan AnswerGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Idle connections: new ones, kept-alive ones, and those whose request arrives byte by byte. Default 2,000; above
    /// it the connection idle for longest is closed.
    /// </summary>
    public int MaxIdleConnections { get; init; } = 2_000;

    /// <summary>
    /// Open streams per caller (a user, or an address without authentication). Default 2,000; more are refused with
    /// 429.
    /// </summary>
    public int MaxStreamsPerCaller { get; init; } = 2_000;

    /// <summary>Streams at the same time, over all callers. Default 10,000; one more is refused with 503.</summary>
    public int MaxStreams { get; init; } = 10_000;
}
