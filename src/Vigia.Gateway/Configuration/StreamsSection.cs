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
                "After so long without an event a bookmark or a comment goes out; below every idle timeout between here and the client."
            ),
            Retry = section.Duration(
                "retry",
                absent.Retry,
                TimeSpan.FromMilliseconds(100),
                TimeSpan.FromMinutes(5),
                "What a client is told to wait before it reconnects; up to as much again is added at random."
            ),
            MaxStreams = section.Count(
                "maxStreams",
                absent.MaxStreams,
                1,
                1_000_000,
                "Streams at the same time, over all callers; one more is refused with 503."
            ),
            AnswerGrace = section.Duration(
                "answerGrace",
                absent.AnswerGrace,
                TimeSpan.FromMilliseconds(100),
                TimeSpan.FromHours(1),
                "How long a client may let an answer wait that is no stream, beside a second for each 16 KiB of it; then it is cut off."
            ),
            MaxIdleConnections = section.Count(
                "maxIdleConnections",
                absent.MaxIdleConnections,
                1,
                1_000_000,
                "Connections over which nothing is asked, at the same time; where there is one more, the one that has been idle for "
                    + "longest is cut."
            ),
            MaxStreamsPerCaller = section.Count(
                "maxStreamsPerCaller",
                absent.MaxStreamsPerCaller,
                1,
                1_000_000,
                "Streams at the same time of one caller."
            ),
            Lifetime = section.Duration(
                "lifetime",
                absent.Lifetime,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(30),
                "A stream ends after this and up to a quarter more, and its client comes back with its cursor, perhaps to another replica."
            ),
            HeadersTimeout = section.Duration(
                "headersTimeout",
                absent.HeadersTimeout,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromMinutes(10),
                "How long a client may take to send a request's headers, and a new connection until its first request; who sends them "
                    + "byte by byte, or nothing, is cut off."
            ),
            IdleTimeout = section.Duration(
                "idleTimeout",
                absent.IdleTimeout,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromHours(1),
                "How long a connection may be open without a request."
            ),
        };
        section.Finish();
        return options;
    }
}
