using System.Text.RegularExpressions;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary>
/// What <c>vigia top</c> shows and what <c>kubectl get</c> prints at the same moment, cell by cell: 66 states of pods,
/// every kind, a custom one; narrow and wide. On the simulator, and where
/// <c>VIGIA_REAL_KUBECONFIG</c> names a kubeconfig with the context <c>admin</c> on that server, whose printers are
/// Kubernetes' own.
/// </summary>
public sealed partial class TopTableTests : IAsyncLifetime
{
    /// <summary>Cells of kinds that kubectl prints and we do not have: of secrets only metadata is asked for.</summary>
    private static readonly HashSet<(string, string)> NotOurs = [("secrets", "TYPE"), ("secrets", "DATA")];

    /// <summary>Columns that came after 1.20.</summary>
    private static readonly HashSet<(string, string)> Newer =
    [
        ("jobs", "STATUS"),
        ("cronjobs", "TIMEZONE"),
        ("persistentvolumeclaims", "VOLUMEATTRIBUTESCLASS"),
        ("persistentvolumes", "VOLUMEATTRIBUTESCLASS"),
    ];

    /// <summary>
    /// Pods that 1.20 says something else of, and what: a finished pod on its way out was Terminating (until 1.27), and
    /// of a pod with an init container that runs the others were not counted, though it had been initialized (until
    /// 1.28): a sidecar is such a container to
    /// 1.20. What is said today of each of them stands in tables-1.34.json.
    /// </summary>
    private static readonly Dictionary<string, string> OldWords = new(StringComparer.Ordinal)
    {
        ["completed-deleted"] = "0/1 Terminating 0",
        ["failed-deleted"] = "0/1 Terminating 0",
        ["init-again"] = "0/1 Init:0/1 7",
        ["sidecar-running"] = "0/1 Init:0/1 2",
        ["sidecar-not-ready"] = "0/1 Init:0/1 0",
        ["sidecar-main-done"] = "0/1 Init:0/1 0",
        ["sidecar-crash-running"] = "0/1 Init:CrashLoopBackOff 6",
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-tables");

    public static TheoryData<string> Servers => ["simulator", "real"];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Every_cell_is_kubectl_s(string server)
    {
        var kubectl = Tools.Require("kubectl", "kubernetes-client");
        var token = TestContext.Current.CancellationToken;
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await using var simulator =
            server == "simulator" ? await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true, Seed = 3 }, token) : null;
        if (simulator is not null)
        {
            await simulator.WriteKubeconfigAsync(kubeconfig, cancellationToken: token);
        }
        else
        {
            var real = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");
            Assert.SkipWhen(string.IsNullOrEmpty(real), "VIGIA_REAL_KUBECONFIG names no kubeconfig");
            kubeconfig = real;
        }

        string[] context = simulator is null ? ["--context", "admin"] : [];
        await using var client = simulator is null ? new KubernetesClient(KubeconfigLoader.Load(kubeconfig, "admin")) : null;
        await using var objects = await TableObjects.CreateAsync(
            client ?? simulator!.Client,
            $"vigia-tables-{Environment.ProcessId}",
            token
        );
        Assert.True(objects.Refused.Count <= 3, string.Join('\n', objects.Refused));
        var version = (await Tools.RunAsync(kubectl, ["--kubeconfig", kubeconfig, .. context, "get", "--raw", "/version"])).Output;
        var isOld = version.Contains("\"v1.20", StringComparison.Ordinal);

        await using var top = await TopScreen.StartAsync(
            420,
            150,
            $"XDG_CONFIG_HOME='{_folder.FullName}'",
            ["pods", "-n", objects.Namespace, "--kubeconfig", kubeconfig, .. context]
        );
        await top.UntilAsync($"pods in {objects.Namespace} [");
        foreach (var resource in ResourceCatalog.BuiltIn.Entries.Select(entry => entry.Name).Append("widgets"))
        {
            var isNamespaced = ResourceCatalog.BuiltIn.Find(resource)?.Namespaced ?? true;
            if (
                isNamespaced
                && !(
                    await Tools.RunAsync(kubectl, ["--kubeconfig", kubeconfig, .. context, "get", resource, "-n", objects.Namespace])
                ).Output.StartsWith("NAME", StringComparison.Ordinal)
                && resource != "events"
            )
            {
                continue;
            }

            await top.CommandAsync(isNamespaced ? $":{resource} {objects.Namespace}" : $":{resource}");
            if (!isNamespaced)
            {
                // A real server has others.
                await top.UntilAsync(text => TitleOf(text).StartsWith(resource, StringComparison.Ordinal), resource);
                await top.TypeAsync("/");
                await top.CommandAsync("^tables-|^pv-|^vigia-tables-");
            }

            await CompareAsync(wide: false);
            await top.TypeAsync("C-w");
            await CompareAsync(wide: true);

            // Controllers of a real server go on, and ages: a moment is looked for at which both say the same.
            async Task CompareAsync(bool wide)
            {
                var difference = "nothing was compared";
                try
                {
                    await Eventually.TrueAsync(
                        async () => (difference = await DifferenceAsync(wide)).Length == 0,
                        $"{resource}{(wide ? ", wide," : "")} as kubectl prints them",
                        TimeSpan.FromSeconds(30),
                        cancellationToken: token
                    );
                }
                catch (TimeoutException error)
                {
                    throw new TimeoutException($"{error.Message}:\n{difference}", error);
                }
            }

            async Task<string> DifferenceAsync(bool wide)
            {
                var screen = await top.SettledAsync(
                    text =>
                        text.Contains("● live", StringComparison.Ordinal)
                        && TitleOf(text).StartsWith(resource, StringComparison.Ordinal)
                        && TitleOf(text).Contains(" wide", StringComparison.Ordinal) == wide
                        && text.Contains('›', StringComparison.Ordinal),
                    resource + " loaded"
                );
                var (_, printed, error) = await Tools.RunAsync(
                    kubectl,
                    [
                        "--kubeconfig",
                        kubeconfig,
                        .. context,
                        "get",
                        resource,
                        .. isNamespaced ? ["-n", objects.Namespace] : Array.Empty<string>(),
                        .. wide ? ["-o", "wide"] : Array.Empty<string>(),
                    ]
                );
                Assert.True(printed.Length > 0, error);
                var lines = screen.Split('\n');
                var title = Array.FindIndex(lines, line => line.StartsWith(" " + resource, StringComparison.Ordinal));
                var (ours, shown) = Read(
                    lines[(title + 1)..]
                        .TakeWhile(line => line.Trim().Length > 0 && !line.StartsWith(" : command", StringComparison.Ordinal))
                        .Select(line => line.Replace('›', ' ').Replace('▐', ' ').Replace('↑', ' ').Replace('↓', ' '))
                );
                var (theirs, expected) = Read(printed.Split('\n').Where(line => line.Length > 0));
                var columns = theirs.Where(column => !NotOurs.Contains((resource, column))).ToArray();
                var more = ours.Except(theirs).Where(column => !(isOld && Newer.Contains((resource, column)))).ToArray();
                if (!columns.SequenceEqual(ours.Where(column => columns.Contains(column))) || more.Length > 0)
                {
                    return $"kubectl's columns: {string.Join(' ', theirs)}\nours: {string.Join(' ', ours)}";
                }

                if (isOld && resource == "pods")
                {
                    var words = expected
                        .Where(row => OldWords.ContainsKey(row["NAME"]))
                        .ToDictionary(row => row["NAME"], row => $"{row["READY"]} {row["STATUS"]} {row["RESTARTS"]}");
                    Assert.Equal(
                        OldWords.OrderBy(pair => pair.Key, StringComparer.Ordinal),
                        words.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    );
                    expected.RemoveAll(row => OldWords.ContainsKey(row["NAME"]));
                    shown.RemoveAll(row => OldWords.ContainsKey(row["NAME"]));
                }

                if (resource == "events")
                {
                    // What a real server's autoscaler says of the objects is longer than a screen.
                    expected.RemoveAll(row => row["OBJECT"].StartsWith("horizontalpodautoscaler/", StringComparison.Ordinal));
                    shown.RemoveAll(row => row["OBJECT"].StartsWith("horizontalpodautoscaler/", StringComparison.Ordinal));
                }

                var known = shown.Select(Row).ToHashSet(StringComparer.Ordinal);
                var wanted = expected
                    .Where(row => isNamespaced || OfTheTables().IsMatch(row["NAME"]))
                    .Select(Row)
                    .ToHashSet(StringComparer.Ordinal);
                return wanted.Count == 0 ? "kubectl prints nothing"
                    : wanted.SetEquals(known) ? ""
                    : $"kubectl only:\n{string.Join('\n', wanted.Except(known))}\nthe screen "
                        + $"only:\n{string.Join('\n', known.Except(wanted))}";

                string Row(Dictionary<string, string> cells) =>
                    string.Join(
                        " | ",
                        columns
                            .Where(column => !(isOld && (resource, column) is ("events", "COUNT")))
                            .Select(column => Normal(column, cells.GetValueOrDefault(column, "")))
                    );

                string Normal(string column, string cell)
                {
                    cell = Ages().Replace(cell, "~");
                    return !isOld
                        ? cell
                        : (resource, column) switch
                        {
                            // 1.20 counts restarts and does not say when the last one was; it does not know gates
                            // before the scheduler; it does not name resource metrics. (And it counts one more in a
                            // series of events.)
                            ("pods", "RESTARTS") => cell.Split(' ')[0],
                            ("pods", "STATUS") when cell == "SchedulingGated" => "Pending",
                            ("horizontalpodautoscalers", "TARGETS") => cell.Replace("cpu: ", "", StringComparison.Ordinal)
                                .Replace("memory: ", "", StringComparison.Ordinal),
                            _ => cell,
                        };
                }
            }
        }

        await top.CommandAsync(":q");
        await top.UntilAsync("ended with 0");
    }

    private static string TitleOf(string screen) => screen.Split('\n').Skip(2).FirstOrDefault()?.TrimStart() ?? "";

    /// <summary>
    /// A table's columns and rows. A cell belongs to the column whose name begins where it begins, or, of numbers, ends
    /// where it ends.
    /// </summary>
    private static (string[] Columns, List<Dictionary<string, string>> Rows) Read(IEnumerable<string> lines)
    {
        var all = lines.ToArray();
        var columns = Cells().Matches(all[0]).Select(match => (match.Value, Start: match.Index, End: match.Index + match.Length)).ToArray();
        var rows = new List<Dictionary<string, string>>();
        foreach (var line in all.Skip(1))
        {
            var row = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (Match cell in Cells().Matches(line))
            {
                var column = columns.FirstOrDefault(column => column.Start == cell.Index || column.End == cell.Index + cell.Length);
                row[column.Value ?? $"nowhere, at {cell.Index}"] = cell.Value;
            }

            rows.Add(row);
        }

        return ([.. columns.Select(column => column.Value)], rows);
    }

    [GeneratedRegex("^(vigia-)?tables-|^pv-")]
    private static partial Regex OfTheTables();

    [GeneratedRegex(@"\S+( \S+)*")]
    private static partial Regex Cells();

    [GeneratedRegex(@"(?<![\w.-])(\d+[smhdy])+(?![\w.-])")]
    private static partial Regex Ages();
}
