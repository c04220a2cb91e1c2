using Vigia.Faults.Checking;
using Vigia.Faults.Scenarios;

namespace Vigia.Faults;

/// <summary>What came of a fault.</summary>
internal sealed record FaultReport
{
    public required string Fault { get; init; }

    public required string Server { get; init; }

    /// <summary>
    /// Everything that must not be: silent gaps, wrong order, wrong ends, stale shown as live. Empty: it was held.
    /// </summary>
    public required IReadOnlyList<string> Violations { get; init; }

    public int Clients { get; init; }

    /// <summary>Connections of all clients: more than <see cref="Clients"/> where they had to come back.</summary>
    public int Connections { get; init; }

    public long Written { get; init; }

    /// <summary>
    /// Changes that all clients received; of these those that said that steps were left out, and those that a client
    /// had had already.
    /// </summary>
    public long Changes { get; init; }

    public long Folded { get; init; }

    public long Repeated { get; init; }

    /// <summary>Resets of all clients by reason.</summary>
    public required IReadOnlyDictionary<string, int> Resets { get; init; }

    /// <summary>
    /// Seconds from the fault until the last page of the last replica said something else than live; null where none
    /// did.
    /// </summary>
    public double? StaleAfter { get; init; }

    /// <summary>Seconds from the fault until the last client was told <c>degraded</c>; null where none was.</summary>
    public double? ToldAfter { get; init; }

    /// <summary>Clients that were told <c>degraded</c>.</summary>
    public int Told { get; init; }

    /// <summary>Seconds from the end of the fault (the server answers again) until everything was live again.</summary>
    public double LiveAfter { get; init; }

    /// <summary>Why, in the gateway's words.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    public static FaultReport Of(FaultRun run, Scenario scenario, double liveAt, string? never)
    {
        var epochs = run.Server.Truth.Epochs;
        var verdicts = run.Clients.Select(client => (Client: client, Verdict: HistoryCheck.Check(client.Events, epochs))).ToArray();
        var violations = verdicts.SelectMany(v => v.Verdict.Violations.Select(text => $"client {v.Client.Number}: {text}")).ToList();
        var during = run
            .Clients.Select(client => client.Events.FirstOrDefault(e => e.Kind == "degraded" && e.At >= run.FaultAt))
            .OfType<ClientEvent>()
            .ToArray();
        double? staleAfter = null;
        var live = 0.0;
        if (scenario.StaleWithin(run.Options) is { } within)
        {
            foreach (var watch in run.Watches)
            {
                foreach (var page in watch.Looks.GroupBy(look => look.Page))
                {
                    var stale = page.FirstOrDefault(look => look.At >= run.FaultAt && look.Shown != "live");
                    staleAfter = Math.Max(staleAfter ?? 0, (stale?.At ?? double.PositiveInfinity) - run.FaultAt);
                    violations.AddRange(
                        page.Where(look =>
                                look.Begun >= run.FaultAt + within.TotalSeconds && look.At < run.HealedAt && look.Shown == "live"
                            )
                            .Take(3)
                            .Select(look => $"{watch.Replica.Name}'s {page.Key} says live {look.At - run.FaultAt:0.0} s after the fault")
                    );
                    live = Math.Max(
                        live,
                        page.Where(look => look.Shown != "live" && look.At >= run.BackAt)
                            .Select(look => look.At - run.BackAt)
                            .DefaultIfEmpty()
                            .Max()
                    );
                }
            }

            violations.AddRange(
                run.Clients.Where(client =>
                        !client.WasAway
                        && !client.Has(e => e.Kind == "degraded" && e.At >= run.FaultAt && e.At < liveAt)
                        && !client.Refusals.Any(refusal => refusal.At >= run.FaultAt && refusal.At < liveAt)
                    )
                    .Select(client => $"client {client.Number} was told nothing of the fault")
            );
        }

        violations.AddRange(scenario.Also(run));
        if (never is not null)
        {
            violations.Insert(0, never);
        }

        return new FaultReport
        {
            Fault = scenario.Name,
            Server = run.Server.Name,
            Violations = violations,
            Clients = run.Clients.Count,
            Connections = run.Clients.Sum(client => client.Connections),
            Written = epochs.Sum(epoch => (long)epoch.Count),
            Changes = verdicts.Sum(v => (long)v.Verdict.Changes),
            Folded = verdicts.Sum(v => (long)v.Verdict.Folded),
            Repeated = verdicts.Sum(v => (long)v.Verdict.Repeated),
            Resets = verdicts
                .SelectMany(v => v.Verdict.Resets)
                .GroupBy(pair => pair.Key)
                .ToDictionary(group => group.Key, group => group.Sum(pair => pair.Value)),
            StaleAfter = staleAfter,
            ToldAfter = during.Length == 0 ? null : during.Max(e => e.At) - run.FaultAt,
            Told = during.Length,
            LiveAfter = scenario.StaleWithin(run.Options) is null ? liveAt - run.BackAt : live,
            Reasons =
            [
                .. run
                    .Watches.SelectMany(watch => watch.Looks)
                    .Where(look => look.At >= run.FaultAt && look.Shown != "live" && look.Reason is not null)
                    .GroupBy(look => look.Reason!)
                    .OrderByDescending(group => group.Count())
                    .Take(4)
                    .Select(group => group.Key),
            ],
        };
    }

    /// <summary>For people.</summary>
    public override string ToString()
    {
        var text = new System.Text.StringBuilder();
        var resets = Resets.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}");
        text.AppendLine(
            $"{(Violations.Count == 0 ? "held  " : "BROKEN")} {Fault} on {Server}: {Clients} clients, {Connections} connections, "
                + $"{Written} writes, {Changes} changes received ({Folded} folded, {Repeated} repeated), resets "
                + $"{string.Join(", ", resets)}"
        );
        text.AppendLine(
            $"       stale shown after {Seconds(StaleAfter)}, {Told} clients told within {Seconds(ToldAfter)}, live again "
                + $"{Seconds(LiveAfter)} after the end of the fault"
        );
        foreach (var reason in Reasons)
        {
            text.AppendLine($"       said: {reason}");
        }

        foreach (var violation in Violations.Take(20))
        {
            text.AppendLine($"       ! {violation}");
        }

        if (Violations.Count > 20)
        {
            text.AppendLine($"       ! and {Violations.Count - 20} more");
        }

        return text.ToString();
    }

    private static string Seconds(double? seconds) => seconds is null ? "never" : FormattableString.Invariant($"{seconds:0.0} s");
}
