using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Network;

/// <summary>The open connections: none may be left at the end.</summary>
internal sealed class Connections(SimulationClock clock)
{
    private readonly HashSet<SimulatedStream> _open = [];
    private long _pending;

    public int Open => _open.Count;

    /// <summary>The network's own timers, which are nobody's leak.</summary>
    public long Pending => _pending;

    /// <summary>
    /// After so long a frozen connection is found dead (HTTP/2 pings); null for a plain connection, which nobody finds
    /// dead.
    /// </summary>
    public TimeSpan? PingTimeout { get; init; }

    public void Opened(SimulatedStream stream) => _open.Add(stream);

    public void Closed(SimulatedStream stream) => _open.Remove(stream);

    public void Later(TimeSpan delay, Action action)
    {
        _pending++;
        ITimer? timer = null;
        timer = clock.CreateTimer(
            _ =>
            {
                _pending--;
                timer?.Dispose();
                action();
            },
            null,
            delay,
            Timeout.InfiniteTimeSpan
        );
    }
}
