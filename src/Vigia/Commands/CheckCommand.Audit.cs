using System.Globalization;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Commands;

// vigia check --audit: does what an informer holds stay what the server has?
internal static partial class CheckCommand
{
    // A list of everything each: not all at once.
    private const int AuditsAtOnce = 4;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SyncPatience = TimeSpan.FromMinutes(2);

    /// <summary>Follows the resources, audits each, prints a table a round; returns the exit code.</summary>
    private static async Task<int> AuditAsync(
        KubernetesClient client,
        List<(ResourceEntry Entry, GroupVersionResource Version)> resources,
        TimeSpan duration,
        TimeSpan patience,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        var time = TimeProvider.System;
        var informers = new List<(string Name, SharedInformer Informer)>();
        try
        {
            foreach (var (entry, version) in resources)
            {
                var source = new ResourceListerWatcher(
                    client,
                    client.Configuration.Context,
                    version,
                    new ListerWatcherOptions { MetadataOnly = entry.MetadataOnly }
                );
                var informer = new SharedInformer(source, new SharedInformerOptions { Audit = new AuditOptions { Patience = patience } });
                informers.Add((entry.Name, informer));
                informer.Start();
            }

            var code = await RoundsAsync(informers, duration, time, output, cancellationToken);
            var counts = informers.ConvertAll(each => each.Informer.Counters);
            await output.WriteLineAsync(
                $"\n{counts.Sum(each => each.Audits)} audits, {counts.Sum(each => each.AuditDifferences)} "
                    + $"differences, {counts.Sum(each => each.LateAudits)} behind, "
                    + $"{counts.Sum(each => each.IncompleteAudits)} inconclusive; {counts.Sum(each => each.Events)} events "
                    + "arrived meanwhile"
            );
            return counts.Any(each => each.AuditDifferences + each.LateAudits > 0) ? ExitCodes.Different : code;
        }
        finally
        {
            foreach (var (_, informer) in informers)
            {
                await informer.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// Round after round until the duration is over. Being stopped ends the rounds and is not an error: what was found
    /// is still reported.
    /// </summary>
    private static async Task<int> RoundsAsync(
        List<(string Name, SharedInformer Informer)> informers,
        TimeSpan duration,
        TimeProvider time,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        var code = 0;
        try
        {
            await SyncedAsync(informers, time, cancellationToken);
            var began = time.GetTimestamp();
            var round = 0;
            long roundBegan;
            do
            {
                round++;
                roundBegan = time.GetTimestamp();
                await output.WriteLineAsync(
                    $"\n{(duration > TimeSpan.Zero ? $"AUDIT {round}" : "AUDIT"), -28}{"OBJECTS", 9}  "
                        + $"{"REVISION", -14}{"DIFFERENCES", 11}{"TIME", 9}"
                );
                var one = await RoundAsync(informers, output, cancellationToken);
                code = code == 0 ? one : code;
            } while (await PauseAsync(began, roundBegan, duration, time, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !OutputReader.IsGone)
        {
            // Stopped by Ctrl-C: the summary follows.
        }

        return code;
    }

    /// <summary>
    /// Waits, for as long as <see cref="SyncPatience"/>, until all informers have loaded: loading is no part of a
    /// round, whose length decides how long the pause after it is. The round reports what has not loaded by then.
    /// </summary>
    private static async Task SyncedAsync(
        List<(string Name, SharedInformer Informer)> informers,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await Task.WhenAll(informers.Select(each => each.Informer.WhenSynced)).WaitAsync(SyncPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The round has a line for each that has not loaded, with the reason.
        }
    }

    /// <summary>
    /// Waits before the next round: ten times as long as the last one took, at least <see cref="LeastPause"/>, so that
    /// an audit takes at most a tenth of the server's time. False if the duration is over by then.
    /// </summary>
    internal static async Task<bool> PauseAsync(
        long began,
        long roundBegan,
        TimeSpan duration,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var pause = 10 * time.GetElapsedTime(roundBegan);
        pause =
            pause < LeastPause ? LeastPause
            : pause > LongestPause ? LongestPause
            : pause;
        var left = duration - time.GetElapsedTime(began);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        await Task.Delay(pause < left ? pause : left, time, cancellationToken);
        return pause < left;
    }

    private static async Task<int> RoundAsync(
        List<(string Name, SharedInformer Informer)> informers,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        using var few = new SemaphoreSlim(AuditsAtOnce);
        var audits = informers.ConvertAll(async each =>
        {
            await few.WaitAsync(cancellationToken);
            try
            {
                return each.Informer.WhenSynced.IsCompletedSuccessfully
                    ? (each.Name, Report: (AuditReport?)await each.Informer.AuditAsync(cancellationToken), Reason: (string?)null)
                    : (each.Name, null, $"not loaded within {SyncPatience.TotalSeconds:0} s: {each.Informer.Freshness.Reason}");
            }
            finally
            {
                few.Release();
            }
        });

        try
        {
            return await WriteAsync(audits, output);
        }
        finally
        {
            // Where one was stopped, all were.
            await ((Task)Task.WhenAll(audits)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<int> WriteAsync(List<Task<(string Name, AuditReport? Report, string? Reason)>> audits, TextWriter output)
    {
        var code = 0;
        foreach (var audit in audits)
        {
            var (name, report, reason) = await audit;
            if (report is not { Outcome: not AuditOutcome.Incomplete })
            {
                code = code == 0 ? ExitCodes.Failed : code;
                await output.WriteLineAsync($"{name, -28}not audited: {reason ?? report!.Reason}");
                continue;
            }

            var duration = report.Duration;
            var took = duration.TotalSeconds < 1 ? $"{duration.TotalMilliseconds:0} ms" : $"{duration.TotalSeconds:0.0} s";
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name, -28}{report.Objects, 9}  {report.Revision, -14}{report.Total + report.Behind, 11}{took, 9}"
                )
            );
            if (report.Outcome != AuditOutcome.Equal)
            {
                code = ExitCodes.Different;
                await WriteDifferencesAsync(report, output);
            }
        }

        return code;
    }

    private static async Task WriteDifferencesAsync(AuditReport report, TextWriter output)
    {
        if (report.Reason is { } reason)
        {
            await output.WriteLineAsync($"    {reason}");
        }

        foreach (var difference in report.Differences)
        {
            await output.WriteLineAsync($"    {difference}");
        }

        if (report.Total + report.Behind > report.Differences.Count)
        {
            await output.WriteLineAsync($"    and {report.Total + report.Behind - report.Differences.Count} more");
        }
    }
}
