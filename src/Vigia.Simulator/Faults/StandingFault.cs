namespace Vigia.Simulator.Faults;

/// <summary>
/// An active fault: its remaining count, and how often it was applied. Changed under the injector's lock; a request
/// that it hit may keep it.
/// </summary>
internal sealed class StandingFault(Fault fault)
{
    private int _toPass = fault.After;

    /// <summary>
    /// True once it was removed: requests that it hit may heal. A fault that is merely used up still holds them.
    /// </summary>
    private volatile bool _removed;

    public Fault Fault { get; } = fault;

    public int? Left { get; private set; } = fault.Count;

    public long Struck { get; private set; }

    public bool IsRemoved => _removed;

    public Fault Told => Fault with { Count = Left, Struck = Struck };

    public void Remove() => _removed = true;

    /// <summary>Decides whether it strikes this one, which matches; counts it where it does.</summary>
    public bool DrawLocked(Random random, IDictionary<object, object?>? connection)
    {
        if (Left == 0)
        {
            return false;
        }

        if (_toPass > 0)
        {
            _toPass--;
            return false;
        }

        if (Fault.PerConnection && connection is not null)
        {
            if (!connection.TryGetValue(this, out var drawn))
            {
                connection[this] = drawn = random.NextDouble() < Fault.Rate;
            }

            if (drawn is not true)
            {
                return false;
            }
        }
        else if (Fault.Rate < 1 && random.NextDouble() >= Fault.Rate)
        {
            return false;
        }

        Left--;
        Struck++;
        return true;
    }
}
