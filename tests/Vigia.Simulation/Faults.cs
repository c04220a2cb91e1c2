using System.Text;

namespace Vigia.Simulation;

/// <summary>
/// Which faults a run has: each with even chance, so that a run can be without the one that would hide another's effect
/// (swarm testing).
/// </summary>
internal sealed class Faults
{
    public Faults(Random random)
    {
        bool Chance() => random.Next(2) == 0;
        (Refuse, Throttle, ServerError, Deny) = (Chance(), Chance(), Chance(), random.Next(4) == 0);
        (HangOpen, CutList, CutWatch, Freeze) = (Chance(), Chance(), Chance(), Chance());
        (Spoil, ErrorEvent, EarlyEnd, Compact) = (Chance(), Chance(), Chance(), Chance());
        (Restart, Lag, NoBookmarks, PagedCache) = (Chance(), Chance(), random.Next(4) == 0, random.Next(4) == 0);
        Restore = random.Next(4) == 0;
        Rate = random.NextDouble() * 0.3;
    }

    public bool Refuse { get; }

    public bool Throttle { get; }

    public bool ServerError { get; }

    public bool Deny { get; }

    public bool HangOpen { get; }

    public bool CutList { get; }

    public bool CutWatch { get; }

    public bool Freeze { get; }

    public bool Spoil { get; }

    public bool ErrorEvent { get; }

    public bool EarlyEnd { get; }

    public bool Compact { get; }

    public bool Restart { get; }

    public bool Restore { get; }

    public bool Lag { get; }

    public bool NoBookmarks { get; }

    public bool PagedCache { get; }

    /// <summary>The share of requests that fail in one of the ways.</summary>
    public double Rate { get; private set; }

    /// <summary>From now on everything works.</summary>
    public bool AreOver { get; private set; }

    public void End() => (AreOver, Rate) = (true, 0);

    public override string ToString()
    {
        var names = new StringBuilder();
        foreach (
            var property in typeof(Faults)
                .GetProperties()
                .Where(p => p.PropertyType == typeof(bool) && p.Name != nameof(AreOver) && (bool)p.GetValue(this)!)
        )
        {
            names.Append(names.Length == 0 ? "" : " ").Append(property.Name);
        }

        return names.ToString();
    }
}
