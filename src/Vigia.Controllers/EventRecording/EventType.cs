namespace Vigia.Controllers;

/// <summary>The two types an Event may have; a server refuses others.</summary>
public enum EventType
{
    /// <summary>All is as it should be.</summary>
    Normal,

    /// <summary>A problem that may need attention.</summary>
    Warning,
}
