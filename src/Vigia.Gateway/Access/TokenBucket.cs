namespace Vigia.Gateway.Access;

/// <summary>
/// A budget that fills with time. It may be overdrawn; the debt is how long the next has to wait. Thread-safe.
/// </summary>
internal sealed class TokenBucket(double burst, double perSecond, long now)
{
    private readonly Lock _gate = new();
    private double _burst = burst;
    private double _perSecond = perSecond;
    private double _level = burst;
    private long _at = now;

    /// <summary>The remaining tokens.</summary>
    public double Level(long timestamp, TimeProvider time)
    {
        lock (_gate)
        {
            return Fill(timestamp, time);
        }
    }

    /// <summary>Takes one, whatever is left.</summary>
    public void Take(long timestamp, TimeProvider time) => TryTake(timestamp, time, TimeSpan.MaxValue, out _);

    /// <summary>
    /// Takes one that is there, or will be within <paramref name="patience"/>. False if that is too late.
    /// </summary>
    /// <param name="timestamp">Now.</param>
    /// <param name="time">The clock of the timestamps.</param>
    /// <param name="patience">How long the caller would wait.</param>
    /// <param name="wait">How long until it is there.</param>
    public bool TryTake(long timestamp, TimeProvider time, TimeSpan patience, out TimeSpan wait)
    {
        lock (_gate)
        {
            var left = Fill(timestamp, time) - 1;
            wait = left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(-left / _perSecond, 3600));
            if (wait > patience)
            {
                return false;
            }

            // Where the debt has no limit of patience it has one of size, so that it is forgiven some day.
            _level = Math.Max(left, -2 * _burst);
            return true;
        }
    }

    /// <summary>Changes its size; the additional tokens of a larger one are available at once.</summary>
    public void Resize(double size, double perSecond, long timestamp, TimeProvider time)
    {
        lock (_gate)
        {
            if (size.Equals(_burst))
            {
                return;
            }

            _level = Math.Min(Fill(timestamp, time) + Math.Max(0, size - _burst), size);
            (_burst, _perSecond) = (size, perSecond);
        }
    }

    private double Fill(long timestamp, TimeProvider time)
    {
        if (timestamp > _at)
        {
            _level = Math.Min(_burst, _level + (time.GetElapsedTime(_at, timestamp).TotalSeconds * _perSecond));
            _at = timestamp;
        }

        return _level;
    }
}
