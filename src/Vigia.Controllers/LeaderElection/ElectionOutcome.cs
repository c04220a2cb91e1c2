namespace Vigia.Controllers;

/// <summary>Why <see cref="LeaderElector.RunAsync"/> returned.</summary>
public enum ElectionOutcome
{
    /// <summary>The caller cancelled it.</summary>
    Stopped,

    /// <summary>It was the leader and could not renew the lease in time, or lost it to another candidate.</summary>
    Lost,

    /// <summary>It led and the work returned by itself.</summary>
    WorkEnded,
}
