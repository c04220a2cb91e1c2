namespace Vigia.Controllers;

/// <summary>Why <see cref="LeaderElector.RunAsync"/> returned.</summary>
public enum ElectionOutcome
{
    /// <summary>The caller cancelled it.</summary>
    Stopped,

    /// <summary>It led and could not renew the lease in time, or saw another hold it.</summary>
    Lost,

    /// <summary>It led and the work returned by itself.</summary>
    WorkEnded,
}
