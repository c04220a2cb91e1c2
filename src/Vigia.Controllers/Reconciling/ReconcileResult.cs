namespace Vigia.Controllers;

/// <summary>The result of a reconciliation; a failure is an exception.</summary>
/// <param name="After">Null for done; else when to reconcile again, even without a change.</param>
public readonly record struct ReconcileResult(TimeSpan? After)
{
    /// <summary>Nothing more to do until something changes.</summary>
    public static ReconcileResult Done => default;

    /// <summary>
    /// Success; reconcile again after this time (zero: at once, behind waiting keys). This is not a failure: the key's
    /// failures are forgotten.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative time.</exception>
    public static ReconcileResult RequeueAfter(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return new(delay);
    }
}
