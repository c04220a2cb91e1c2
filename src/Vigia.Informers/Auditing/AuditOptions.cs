namespace Vigia.Informers;

/// <summary>How an informer's cache is compared with the server.</summary>
public sealed class AuditOptions
{
    /// <summary>
    /// How often it is done by itself, each time at random up to a quarter earlier or later, so that not all informers
    /// list at once; zero for only on demand. Default zero: an audit is a consistent list of everything, which costs
    /// the server as much as a relist.
    /// </summary>
    public TimeSpan Period { get; init; }

    /// <summary>
    /// How long an object that seems to differ is waited for: the watch may be about to tell. Default 2 minutes, within
    /// which a server that sends bookmarks has told at least once how far it is. An audit that finds all equal waits
    /// for nothing.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a repair is waited for before the report is given. Default 30 s; the repair goes on.</summary>
    public TimeSpan RepairPatience { get; init; } = TimeSpan.FromSeconds(30);
}
