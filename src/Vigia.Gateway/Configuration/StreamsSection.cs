using Vigia.Gateway.Http;

namespace Vigia.Gateway.Configuration;

/// <summary><c>streams</c>.</summary>
internal static class StreamsSection
{
    public static StreamOptions Read(SectionReader section)
    {
        var absent = new StreamOptions();
        var options = new StreamOptions
        {
            Heartbeat = section.Duration(
                "heartbeat",
                absent.Heartbeat,
                TimeSpan.FromMilliseconds(100),
                TimeSpan.FromMinutes(10),
                "If no event was sent for this time, the gateway sends a bookmark or a comment. "
                    + "Must be below every idle timeout on the way to the client."
            ),
            Retry = section.Duration(
                "retry",
                absent.Retry,
                TimeSpan.FromMilliseconds(100),
                TimeSpan.FromMinutes(5),
                "The wait before a client reconnects; up to as much again is added at random."
            ),
            Takeover = section.Flag(
                "takeover",
                absent.Takeover,
                "Whether streams over HTTP/1.1 write to their connections directly. If false, they write through the web server's "
                    + "responses: the same events at a higher cost."
            ),
            MaxStreams = section.Count(
                "maxStreams",
                absent.MaxStreams,
                1,
                1_000_000,
                "Open streams of all callers; one more is refused with 503."
            ),
            AnswerGrace = section.Duration(
                "answerGrace",
                absent.AnswerGrace,
                TimeSpan.FromMilliseconds(100),
                TimeSpan.FromHours(1),
                "How long a client may take to read an answer that is not a stream, plus a second per 16 KiB. Then it is disconnected."
            ),
            MaxIdleConnections = section.Count(
                "maxIdleConnections",
                absent.MaxIdleConnections,
                1,
                1_000_000,
                "Connections without a request. Beyond that, the one idle for longest is closed."
            ),
            MaxStreamsPerCaller = section.Count(
                "maxStreamsPerCaller",
                absent.MaxStreamsPerCaller,
                1,
                1_000_000,
                "Open streams of one caller."
            ),
            Lifetime = section.Duration(
                "lifetime",
                absent.Lifetime,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(30),
                "A stream ends after this time plus up to a quarter of it, at random. Its client resumes with its cursor, at any replica."
            ),
            HeadersTimeout = section.Duration(
                "headersTimeout",
                absent.HeadersTimeout,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromMinutes(10),
                "How long a client may take to send a request's headers, and a new connection to send its first request."
            ),
            IdleTimeout = section.Duration(
                "idleTimeout",
                absent.IdleTimeout,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromHours(1),
                "How long a connection may stay open without a request."
            ),
        };
        section.Finish();
        return options;
    }
}
