namespace Vigia.Gateway.Access.Reviews;

/// <summary>In which queue a token waits for its review, and whether it is worth it when its turn comes.</summary>
/// <param name="Flow">The queue: those of a flow wait behind each other.</param>
/// <param name="IsWorthwhile">Checked when its turn comes; null for always.</param>
internal sealed record TokenLane(string Flow, Func<bool>? IsWorthwhile)
{
    /// <summary>Tokens that were accepted before: they go first.</summary>
    public static TokenLane Known { get; } = new("", null);

    /// <summary>True if it goes before those of strangers.</summary>
    public bool IsUrgent => ReferenceEquals(this, Known);
}
