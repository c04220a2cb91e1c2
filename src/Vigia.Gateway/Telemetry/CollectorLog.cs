using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Vigia.Gateway.Telemetry;

/// <summary>Says once that a collector cannot be reached, and once that it can be again. Thread-safe.</summary>
internal sealed partial class CollectorLog(ILogger logger)
{
    private readonly ConcurrentDictionary<Uri, byte> _failing = new();

    /// <summary>Something could not be sent.</summary>
    public void Failed(Uri address, string reason)
    {
        if (_failing.TryAdd(address, 0))
        {
            LogFailed(address, reason);
        }
    }

    /// <summary>Something was sent.</summary>
    public void Succeeded(Uri address)
    {
        if (!_failing.IsEmpty && _failing.TryRemove(address, out _))
        {
            LogSucceeded(address);
        }
    }

    [LoggerMessage(
        3080,
        LogLevel.Warning,
        "Collector {Endpoint} does not accept data; retrying, the overflow is dropped. Not logged again until it recovers: {Reason}"
    )]
    private partial void LogFailed(Uri endpoint, string reason);

    [LoggerMessage(3081, LogLevel.Information, "Collector {Endpoint} accepts data again")]
    private partial void LogSucceeded(Uri endpoint);
}
