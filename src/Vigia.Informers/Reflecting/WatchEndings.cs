using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>The outcomes of a watch, with their reasons in words.</summary>
/// <param name="source">The server, for the texts.</param>
internal sealed class WatchEndings(IListerWatcher source)
{
    private string Resource => source.Resource.GroupResource;

    /// <summary>A resync was requested: it is not a failure.</summary>
    public static ReflectorOutcome Interrupted(bool wasOfUse) => new(ReflectorEnding.Completed, WasOfUse: wasOfUse);

    /// <summary>The server ended the watch, in its time or at once.</summary>
    public ReflectorOutcome Completed(bool wasOfUse) =>
        wasOfUse
            ? new(ReflectorEnding.Completed, WasOfUse: true)
            : new(ReflectorEnding.EndedAtOnce, $"{source.Cluster} ended the watch of {Resource} at once");

    /// <summary>The server ended the watch with a Status.</summary>
    public ReflectorOutcome Error(KubernetesStatus status, bool wasOfUse)
    {
        var ended = ReflectorErrors.OutcomeOf(status, source) with { WasOfUse = wasOfUse };
        return ended.Ending == ReflectorEnding.Unavailable ? ended with { Ending = ReflectorEnding.ErrorEvent } : ended;
    }

    /// <summary>A stream broke after it had stood.</summary>
    public ReflectorOutcome Broken(Exception error, bool wasOfUse) =>
        ReflectorErrors.OutcomeOf(error, source) with
        {
            Ending = ReflectorEnding.Disconnected,
            WasOfUse = wasOfUse,
        };

    /// <summary>An event was older than the cached object.</summary>
    public ReflectorOutcome OlderVersion(bool wasOfUse) =>
        new(ReflectorEnding.WentBack, $"{source.Cluster} sent a version of {Resource} older than one seen before", WasOfUse: wasOfUse);

    /// <summary>An event cannot be read.</summary>
    public ReflectorOutcome Undecodable(ObjectFormatException undecodable, bool wasOfUse) =>
        new(
            ReflectorEnding.Undecodable,
            $"{source.Cluster} sent an event of {Resource} that cannot be read: {undecodable.Message}",
            WasOfUse: wasOfUse
        );

    /// <summary>Neither events nor bookmarks came any more (<see cref="WatchStallDetector"/>).</summary>
    public ReflectorOutcome Silent(DateTimeOffset since) =>
        new(
            ReflectorEnding.Disconnected,
            $"{source.Cluster} has sent neither an event nor a bookmark of {Resource} since "
                + $"{since:yyyy-MM-dd'T'HH:mm:ss'Z'}; opening the watch again",
            WasOfUse: true
        );

    /// <summary>The watch lasted longer than its timeout and the grace.</summary>
    public ReflectorOutcome Overdue(TimeSpan longest) =>
        new(
            ReflectorEnding.Disconnected,
            $"{source.Cluster} neither sent anything nor ended the watch of {Resource} within {longest}",
            WasOfUse: true
        );
}
