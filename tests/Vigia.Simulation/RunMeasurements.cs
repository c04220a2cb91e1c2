namespace Vigia.Simulation;

/// <summary>What a run amounted to, so that it can be seen that it was one.</summary>
/// <param name="Changes">Changes since the last restore.</param>
/// <param name="Restores">Restores.</param>
/// <param name="Lists">Lists begun.</param>
/// <param name="CatchUps">Cursors caught up.</param>
/// <param name="Undecodable">Events and lists that could not be read.</param>
/// <param name="Time">Virtual time.</param>
/// <param name="Audits">Audits that came to a verdict.</param>
/// <param name="AuditDifferences">What they found.</param>
/// <param name="IncompleteAudits">Audits without a verdict.</param>
/// <param name="Silences">Watches opened again because nothing came.</param>
/// <param name="Reconciliations">Reconciliations of controllers.</param>
public sealed record RunMeasurements(
    long Changes = 0,
    long Restores = 0,
    long Lists = 0,
    long CatchUps = 0,
    long Undecodable = 0,
    TimeSpan Time = default,
    long Audits = 0,
    long AuditDifferences = 0,
    long IncompleteAudits = 0,
    long Silences = 0,
    long Reconciliations = 0
)
{
    /// <summary>The figures of several runs.</summary>
    public static RunMeasurements operator +(RunMeasurements left, RunMeasurements right) =>
        new(
            left.Changes + right.Changes,
            left.Restores + right.Restores,
            left.Lists + right.Lists,
            left.CatchUps + right.CatchUps,
            left.Undecodable + right.Undecodable,
            left.Time + right.Time,
            left.Audits + right.Audits,
            left.AuditDifferences + right.AuditDifferences,
            left.IncompleteAudits + right.IncompleteAudits,
            left.Silences + right.Silences,
            left.Reconciliations + right.Reconciliations
        );

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Time.TotalHours:0} virtual hours, {Changes} changes, {Lists} lists, {CatchUps} catch-ups, {Undecodable} undecodable, "
        + $"{Restores} restores; "
        + $"{Audits} audits, {AuditDifferences} differences, {IncompleteAudits} without a verdict; {Silences} silences; {Reconciliations} "
        + $"reconciliations";
}
