using Microsoft.Extensions.Logging;

namespace Vigia.Controllers;

/// <content>Callbacks to the owner, and log messages.</content>
public sealed partial class LeaderElector
{
    private string? _reported;

    /// <summary>Reports are sequential and never delay the election.</summary>
    private void ReportLeader(string leader)
    {
        LogLeader(Identity, _lock.Description, leader);
        if (_options.OnNewLeader is { } callback)
        {
            _reporting = ReportAsync(_reporting, callback, leader);
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
            LogCallback(thrown, nameof(LeaderElectorOptions.OnNewLeader), Identity);
        }
    }

    private void ReportStopped()
    {
        try
        {
            _options.OnStoppedLeading?.Invoke();
        }
        catch (Exception thrown)
        {
            LogCallback(thrown, nameof(LeaderElectorOptions.OnStoppedLeading), Identity);
        }
    }

    [LoggerMessage(2100, LogLevel.Information, "{Identity} is trying to acquire {Lease}")]
    private partial void LogStanding(string identity, string lease);

    [LoggerMessage(2101, LogLevel.Information, "{Identity} acquired {Lease} and is the leader")]
    private partial void LogLeading(string identity, string lease);

    [LoggerMessage(2102, LogLevel.Information, "{Identity} is no longer the leader of {Lease} (lost: {Lost}); its work has ended")]
    private partial void LogStopped(string identity, string lease, bool lost);

    [LoggerMessage(2103, LogLevel.Warning, "{Identity} lost {Lease} to {Leader}; stopping its work")]
    private partial void LogTaken(string identity, string lease, string? leader);

    [LoggerMessage(2104, LogLevel.Warning, "{Identity} failed to renew {Lease}; retrying, stopping in {Left:0.#} s otherwise: {Message}")]
    private partial void LogNotRenewed(Exception error, string identity, string lease, double left, string message);

    [LoggerMessage(2105, LogLevel.Warning, "{Identity} failed to acquire {Lease}; retrying: {Message}")]
    private partial void LogNotAcquired(Exception error, string identity, string lease, string message);

    [LoggerMessage(2106, LogLevel.Debug, "{Identity}: another candidate updated {Lease} first")]
    private partial void LogOutrun(string identity, string lease);

    [LoggerMessage(2107, LogLevel.Information, "{Identity} released {Lease}")]
    private partial void LogReleased(string identity, string lease);

    [LoggerMessage(2108, LogLevel.Warning, "{Identity} failed to release {Lease}; it expires in {Seconds:0} s: {Message}")]
    private partial void LogNotReleased(Exception error, string identity, string lease, double seconds, string message);

    [LoggerMessage(2110, LogLevel.Information, "{Identity} sees {Leader} as the leader of {Lease}")]
    private partial void LogLeader(string identity, string lease, string leader);

    [LoggerMessage(2111, LogLevel.Error, "{Callback} of {Identity} threw")]
    private partial void LogCallback(Exception thrown, string callback, string identity);

    [LoggerMessage(2112, LogLevel.Debug, "{Identity}: {Lease} could not be renewed without reading it first: {Message}")]
    private partial void LogSlowPath(string identity, string lease, string message);
}
