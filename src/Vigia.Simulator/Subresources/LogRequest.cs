using System.Globalization;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Subresources;

/// <summary>The checked query of <c>pods/NAME/log</c>.</summary>
internal sealed record LogRequest(
    string? Container,
    bool Follow,
    bool Previous,
    bool Timestamps,
    long? TailLines,
    long? LimitBytes,
    DateTimeOffset? Since
)
{
    /// <exception cref="StatusException">422 for values that make no sense.</exception>
    public static LogRequest Read(ApiRequest request, DateTimeOffset now)
    {
        var (tail, limit, seconds, time) = (
            request.QueryNumber("tailLines"),
            request.QueryNumber("limitBytes"),
            request.QueryNumber("sinceSeconds"),
            request.Query("sinceTime")
        );
        if (tail < 0)
        {
            throw Wrong("tailLines", tail.Value.ToString(CultureInfo.InvariantCulture), "must be greater than or equal to 0");
        }

        if (limit < 1)
        {
            throw Wrong("limitBytes", limit.Value.ToString(CultureInfo.InvariantCulture), "must be greater than 0");
        }

        if (seconds < 1)
        {
            throw Wrong("sinceSeconds", seconds.Value.ToString(CultureInfo.InvariantCulture), "must be greater than 0");
        }

        if (seconds is not null && !string.IsNullOrEmpty(time))
        {
            throw new StatusException(
                422,
                "Invalid",
                "PodLogOptions \"\" is invalid: <nil>: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
            );
        }

        DateTimeOffset? since = seconds is { } s ? now.AddSeconds(-s) : null;
        if (!string.IsNullOrEmpty(time))
        {
            if (
                !DateTimeOffset.TryParse(
                    time,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                    out var at
                )
            )
            {
                throw StatusException.BadRequest($"parsing time \"{time}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{time}\"");
            }

            // The API server hands the time on to the kubelet in whole seconds.
            since = new DateTimeOffset(at.Ticks - (at.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        }

        return new LogRequest(
            request.Query("container"),
            request.QueryFlag("follow"),
            request.QueryFlag("previous"),
            request.QueryFlag("timestamps"),
            tail,
            limit,
            since
        );
    }

    private static StatusException Wrong(string field, string value, string why) =>
        new(422, "Invalid", $"PodLogOptions \"\" is invalid: {field}: Invalid value: {value}: {why}")
        {
            Causes = [StatusCause.Wrong(field, value, why)],
        };
}
