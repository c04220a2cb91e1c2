using System.Globalization;
using System.Text;

namespace Vigia.Kubernetes.Workloads;

/// <summary>The options of a log request. Immutable.</summary>
public sealed record LogOptions
{
    /// <summary>
    /// The container; null (default) for the pod's only one, or the one its annotation
    /// <c>kubectl.kubernetes.io/default-container</c> names.
    /// </summary>
    public string? Container { get; init; }

    /// <summary>True to follow new lines. Default false: existing lines only.</summary>
    public bool Follow { get; init; }

    /// <summary>
    /// With <see cref="Follow"/>: true (default) to continue with the next run when the container is restarted, and to
    /// wait for one that has not started; false ends, as kubectl does.
    /// </summary>
    public bool FollowRestarts { get; init; } = true;

    /// <summary>
    /// True for the run before the current one: the last lines of a container that crashed. Not with
    /// <see cref="Follow"/>.
    /// </summary>
    public bool Previous { get; init; }

    /// <summary>Only so many of the last lines; null (default) for all that the kubelet keeps.</summary>
    public long? TailLines { get; init; }

    /// <summary>Only lines written since then; null (default) for all. API servers evaluate it to the second.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>At most so many bytes; null (default) for no limit. Not with <see cref="Follow"/>.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>A longer line is handed out in parts (<see cref="LogEntry.IsPart"/>). Default 256 KiB.</summary>
    public int LargestLine { get; init; } = 256 << 10;

    /// <summary>
    /// The longest pause between two attempts to resume after an interruption; pauses start with 0.8 s and double.
    /// Default 30 s.
    /// </summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    internal void Check()
    {
        if (Follow && (Previous || LimitBytes is not null))
        {
            throw new ArgumentException("Follow excludes Previous and LimitBytes: remove Follow, or the others");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(TailLines ?? 0, nameof(TailLines));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LimitBytes ?? 1, nameof(LimitBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(LargestLine, 1024, nameof(LargestLine));
    }

    /// <summary>The query. Timestamps are always requested: they are needed to resume after an interruption.</summary>
    internal string Query(string container, DateTimeOffset? since, long? tail)
    {
        var query = new StringBuilder("?timestamps=true&container=").Append(Uri.EscapeDataString(container));
        query.Append(Follow ? "&follow=true" : "").Append(Previous ? "&previous=true" : "");
        if (tail is { } lines)
        {
            query.Append(CultureInfo.InvariantCulture, $"&tailLines={lines}");
        }

        if (LimitBytes is { } bytes)
        {
            query.Append(CultureInfo.InvariantCulture, $"&limitBytes={bytes}");
        }

        if (since is { } at)
        {
            query
                .Append("&sinceTime=")
                .Append(Uri.EscapeDataString(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        }

        return query.ToString();
    }
}
