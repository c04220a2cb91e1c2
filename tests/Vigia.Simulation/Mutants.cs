using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Vigia.Simulation;

/// <summary>A fault put into the library on purpose, to see that the simulation finds it.</summary>
/// <param name="Name">What is broken.</param>
/// <param name="File">The file, from the root of the repository.</param>
/// <param name="Find">What stands there, once.</param>
/// <param name="Replace">What takes its place.</param>
internal sealed record Mutant(string Name, string File, string Find, string Replace)
{
    /// <summary>Faults as they are made: a loss on each way that a change takes.</summary>
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "a relist deletes nothing",
            "src/Vigia.Informers/Handlers/CacheWriter.cs",
            "Stage(new Delta(DeltaKind.Deleted, store.Remove(key), null, Revision, now, _relist));",
            "_ = key;"
        ),
        new(
            "a bookmark is skipped",
            "src/Vigia.Informers/Handlers/CacheWriter.cs",
            "if (HasSynced && !read.ResourceVersion.IsNone)",
            "if (HasSynced && !read.ResourceVersion.IsNone && read.Type != WatchEventType.Bookmark)"
        ),
        new(
            "a catch-up loses a deletion",
            "src/Vigia.Informers/Deltas/CatchUp.cs",
            "deltas.Add(deletion);",
            "if (deltas.Count > 0) { deltas.Add(deletion); }"
        ),
        new(
            "a watch is resumed one event too late",
            "src/Vigia.Informers/Reflecting/ReflectorWatch.cs",
            "new WatchRequest(began, stream.Timeout)",
            "new WatchRequest(began.IsNumber && state.BackoffSteps >= 0 ? ResourceVersion.Parse((began.Number + "
                + "1).ToString(System.Globalization.CultureInfo.InvariantCulture)) : began, stream.Timeout)"
        ),
        new(
            "an event that cannot be read is swallowed",
            "src/Vigia.Kubernetes/Watching/WatchStream.cs",
            "var read = Decode();",
            "WatchEvent read; try { read = Decode(); } catch (ObjectFormatException) { _buffer.Consume(_frame); _frame = 0; return await "
                + "ReadAsync(cancellationToken); }"
        ),
        new(
            "a hop's gap is not noticed",
            "src/Vigia.Informers/Deltas/GapSet.cs",
            "if (!IsUpTo(revision, from) && !IsUpTo(to, revision))",
            "if (!IsUpTo(revision, from) && !IsUpTo(to, revision) && _gaps.Length > Most)"
        ),
        new(
            "a cursor of a lost history is resumed",
            "src/Vigia.Informers/Deltas/CursorOpening.cs",
            "if (last.Change == change)",
            "if (last.Change.Revision == change.Revision)"
        ),
        new(
            "an index function that throws ends the change",
            "src/Vigia.Informers/Caching/Indexer.cs",
            "onFailure(name, o, error);",
            "onFailure(name, o, error); throw;"
        ),
        new(
            "a rate limiter that throws loses its key",
            "src/Vigia.Controllers/Reconciling/GuardedRateLimiter.cs",
            "return WaitWithoutLimiter;",
            "throw;"
        ),
        new(
            "a rate limiter that cannot forget makes done work a failure",
            "src/Vigia.Controllers/Reconciling/GuardedRateLimiter.cs",
            "LogForgetFailed(controller, KeyText.Of(key), error);",
            "LogForgetFailed(controller, KeyText.Of(key), error); throw;"
        ),
        new(
            "a mapper that throws is not caught",
            "src/Vigia.Controllers/Reconciling/KeyMapping.cs",
            "failure = error;",
            "failure = error; throw;"
        ),
        new(
            "a key that cannot be added costs the keys after it",
            "src/Vigia.Controllers/Reconciling/KeyMapping.cs",
            "failure = Add(queue, key, priority) ?? failure;",
            "failure = Add(queue, key, priority) ?? failure; if (failure is not null) { break; }"
        ),
        new(
            "a mapper that never ends is followed",
            "src/Vigia.Controllers/Reconciling/KeyMapping.cs",
            "if (++given > mostKeys)",
            "if (++given > mostKeys * 10_000)"
        ),
        new(
            "a callback that throws breaks off the end of a run",
            "src/Vigia.Controllers/Reconciling/Controller.cs",
            "LogCallbackFailed(Name, thrown);",
            "LogCallbackFailed(Name, thrown); throw;"
        ),
        new(
            "two stores keep their marks in one instance",
            "src/Vigia.Informers/Caching/Store.cs",
            "o.TryTake() ? o : o.Copy()",
            "o.TryTake() ? o : o"
        ),
        new(
            "recreated objects are taken for updated ones",
            "src/Vigia.Informers/Handlers/CacheWriter.cs",
            "if (held is not null && held.Identity == o.Identity)\n        {\n            if (held.ResourceVersion == o.ResourceVersion",
            "if (held is not null)\n        {\n            if (held.ResourceVersion == o.ResourceVersion"
        ),
    ];

    /// <summary>Whether the fault can still be put in.</summary>
    public bool Fits(string root) => Regex.Count(System.IO.File.ReadAllText(Path.Combine(root, File)), Regex.Escape(Find)) == 1;

    /// <summary>Builds a copy of the library with the fault in it and runs seeds until one fails.</summary>
    /// <returns>The first failing seed and what it said; null where none failed.</returns>
    public async Task<(int Seed, string Said)?> HuntAsync(string root, int seeds, CancellationToken cancellationToken)
    {
        var copy = Directory.CreateTempSubdirectory("vigia-mutant-").FullName;
        try
        {
            foreach (
                var part in new[]
                {
                    "src/Vigia.Kubernetes",
                    "src/Vigia.Informers",
                    "src/Vigia.Controllers",
                    "tests/Vigia.Simulation",
                    "eng",
                }
            )
            {
                foreach (var file in Directory.EnumerateFiles(Path.Combine(root, part), "*", SearchOption.AllDirectories))
                {
                    Copy(file);
                }
            }

            foreach (
                var file in Directory
                    .EnumerateFiles(root)
                    .Where(file =>
                        Path.GetExtension(file) is ".props" or ".json" or ".targets" || Path.GetFileName(file) == ".editorconfig"
                    )
            )
            {
                Copy(file);
            }

            if (!Fits(copy))
            {
                throw new InvalidOperationException($"{File} no longer has, once: {Find}");
            }

            var path = Path.Combine(copy, File);
            var text = await System.IO.File.ReadAllTextAsync(path, cancellationToken);
            await System.IO.File.WriteAllTextAsync(path, text.Replace(Find, Replace, StringComparison.Ordinal), cancellationToken);
            var (code, built) = await DotnetAsync(
                copy,
                ["build", "-c", "Release", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "tests/Vigia.Simulation"],
                cancellationToken
            );
            if (code != 0)
            {
                throw new InvalidOperationException($"the mutant \"{Name}\" does not build: {built}");
            }

            (code, var said) = await DotnetAsync(
                copy,
                ["artifacts/bin/Vigia.Simulation/release/vigia-simulation.dll", "--seeds", $"1..{seeds}", "--stop-after", "1"],
                cancellationToken
            );
            var failed = Regex.Match(said, @"seed (\d+) FAILED.*\n\s*(.*)");
            if (code is not (0 or 1))
            {
                throw new InvalidOperationException($"the mutant \"{Name}\" broke the simulation itself, exit code {code}: {said}");
            }

            return failed.Success
                ? (int.Parse(failed.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), failed.Groups[2].Value)
                : null;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }

        // Build outputs are kept apart, in artifacts/.
        void Copy(string file)
        {
            var target = Path.Combine(copy, Path.GetRelativePath(root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.Copy(file, target);
        }
    }

    private static async Task<(int Code, string Output)> DotnetAsync(
        string directory,
        string[] arguments,
        CancellationToken cancellationToken
    )
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments)
            {
                WorkingDirectory = directory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, output + await error);
    }
}
