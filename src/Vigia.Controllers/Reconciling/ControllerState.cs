namespace Vigia.Controllers;

/// <summary>The state of a controller.</summary>
public enum ControllerState
{
    /// <summary>Not running: not started yet, or ended.</summary>
    Stopped,

    /// <summary>It waits until every first list was handled.</summary>
    Syncing,

    /// <summary>It works.</summary>
    Running,

    /// <summary>Stopping: it accepts no more changes, and finishes waiting keys.</summary>
    Draining,
}
