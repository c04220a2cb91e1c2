namespace Vigia.Controllers;

/// <summary>Where a controller stands.</summary>
public enum ControllerState
{
    /// <summary>It does not run: not yet, or no more.</summary>
    Stopped,

    /// <summary>It waits until every first list was handled.</summary>
    Syncing,

    /// <summary>It works.</summary>
    Running,

    /// <summary>It was told to stop, takes no more changes, and finishes what waits.</summary>
    Draining,
}
