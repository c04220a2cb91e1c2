using Microsoft.Extensions.Logging;

namespace Vigia.Controllers.LeaderElection;

/// <summary>Reports an election: callbacks to its owner, and log messages.</summary>
/// <param name="options">Identity and callbacks.</param>
/// <param name="lease">The lease, for messages.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ElectionReports(LeaderElectorOptions options, ILeaseLock lease, ILogger logger)
{
    private Task _reporting = Task.CompletedTask;

    /// <summary>Ends when every leader that was reported so far has been passed to the owner.</summary>
    public Task Reporting => _reporting;

    /// <summary>Reports are sequential and never delay the election.</summary>
    public void ReportLeader(string leader)
    {
        LogLeader(options.Identity, lease.Description, leader);
        if (options.OnNewLeader is { } callback)
        {
            _reporting = ReportAsync(_reporting, callback, leader);
        }
    }

    /// <summary>The candidacy has ended.</summary>
    public void ReportStopped()
    {
        try
        {
            options.OnStoppedLeading?.Invoke();
        }
        catch (Exception thrown)
        {
            LogCallback(thrown, nameof(LeaderElectorOptions.OnStoppedLeading), options.Identity);
        }
    }

    private async Task ReportAsync(Task before, Action<string> callback, string leader)
    {
        await Task.Yield();
        await before;
        try
        {
            callback(leader);
        }
        catch (Exception thrown)
        {
            LogCallback(thrown, nameof(LeaderElectorOptions.OnNewLeader), options.Identity);
        }
    }

    [LoggerMessage(2100, LogLevel.Information, "{Identity} is trying to acquire {Lease}")]
    public partial void LogStanding(string identity, string lease);

    [LoggerMessage(2101, LogLevel.Information, "{Identity} acquired {Lease} and is the leader")]
    public partial void LogLeading(string identity, string lease);

    [LoggerMessage(2102, LogLevel.Information, "{Identity} is no longer the leader of {Lease} (lost: {Lost}); its work has ended")]
    public partial void LogStopped(string identity, string lease, bool lost);

    [LoggerMessage(2103, LogLevel.Warning, "{Identity} lost {Lease} to {Leader}; stopping its work")]
    public partial void LogTaken(string identity, string lease, string? leader);

    [LoggerMessage(2104, LogLevel.Warning, "{Identity} failed to renew {Lease}; retrying, stopping in {Left:0.#} s otherwise: {Message}")]
    public partial void LogNotRenewed(Exception error, string identity, string lease, double left, string message);

    [LoggerMessage(2105, LogLevel.Warning, "{Identity} failed to acquire {Lease}; retrying: {Message}")]
    public partial void LogNotAcquired(Exception error, string identity, string lease, string message);

    [LoggerMessage(2106, LogLevel.Debug, "{Identity}: another candidate updated {Lease} first")]
    public partial void LogOutrun(string identity, string lease);

    [LoggerMessage(2107, LogLevel.Information, "{Identity} released {Lease}")]
    public partial void LogReleased(string identity, string lease);

    [LoggerMessage(2108, LogLevel.Warning, "{Identity} failed to release {Lease}; it expires in {Seconds:0} s: {Message}")]
    public partial void LogNotReleased(Exception error, string identity, string lease, double seconds, string message);

    [LoggerMessage(2110, LogLevel.Information, "{Identity} sees {Leader} as the leader of {Lease}")]
    private partial void LogLeader(string identity, string lease, string leader);

    [LoggerMessage(2111, LogLevel.Error, "{Callback} of {Identity} threw")]
    private partial void LogCallback(Exception thrown, string callback, string identity);

    [LoggerMessage(2112, LogLevel.Debug, "{Identity}: {Lease} could not be renewed without reading it first: {Message}")]
    public partial void LogSlowPath(string identity, string lease, string message);
}
