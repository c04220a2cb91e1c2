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
    /// How long the audit waits for an object that seems to differ, since the watch may be about to deliver it. Default
    /// 2 minutes, within which a server with bookmarks has reported its progress at least once. An audit without
    /// differences does not wait.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the report waits for a repair. Default 30 s; the repair continues after that.</summary>
    public TimeSpan RepairPatience { get; init; } = TimeSpan.FromSeconds(30);
}
