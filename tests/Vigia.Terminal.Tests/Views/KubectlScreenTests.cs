using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.Tests.Views;

/// <summary>
/// The screen, cell by cell, against what Kubernetes 1.34 prints of the same objects: 66 states of pods and every kind
/// (<c>eng/tables/README.md</c>).
/// </summary>
public sealed class KubectlScreenTests
{
    private static readonly JsonObject Tables = JsonNode
        .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata", "tables-1.34.json")))!
        .AsObject();

    public static TheoryData<string, bool> Resources
    {
        get
        {
            var all = new TheoryData<string, bool>();
            foreach (var (resource, _) in Tables)
            {
                all.Add(resource, false);
                all.Add(resource, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public void The_screen_shows_kubectl_s_columns_and_cells(string resource, bool wide)
    {
        var recorded = Tables[resource]!;
        var now = DateTimeOffset.Parse((string)recorded["at"]!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var hidden = wide ? [] : recorded["wide"]!.AsArray().Select(column => (string)column!).ToHashSet();
        var columns = recorded["columns"]!
            .AsArray()
            .Select((column, i) => (Name: (string)column!, Index: i))
            .Where(column => !hidden.Contains(column.Name) && !(resource == "secrets" && column.Name is "Type" or "Data"))
            .ToArray();

        // 1. What is on a screen that is wide and high enough.
        var entry = ResourceCatalog.BuiltIn.Find(resource)!;
        var objects = recorded["rows"]!
            .AsArray()
            .Select(row => RawObject.Parse(Encoding.UTF8.GetBytes(row!["object"]!.ToJsonString())))
            .ToArray();
        var index = new TableIndex(entry);
        index.Apply(0, "demo", [.. objects.Select(o => new TableChange(o, entry.RowOf(o), RowChange.None, 0))], now.UtcTicks);
        var table = new TableState(0, entry) { Namespace = entry.Namespaced ? "tables" : null, IsWide = wide };
        index.Arrange(table.Filter, table.Order);
        var state = Reducer.Settle(Fixtures.State(500, objects.Length + 8, table), Fixtures.Context(index));
        var screen = Fixtures.Draw(state, index, now: now).Split('\n');
        var placed = TableView.Layout((TableState)state.View, Fixtures.Content(state, index, now: now), state.Width - 2);

        // 2. The names of the columns, in kubectl's order.
        var names = Array.FindIndex(
            screen,
            line =>
                line.Contains(columns[0].Name.ToUpperInvariant(), StringComparison.Ordinal)
                && line.Contains(columns[^1].Name.ToUpperInvariant(), StringComparison.Ordinal)
        );
        Assert.True(names >= 0, $"no line of column names on the screen:\n{string.Join('\n', screen)}");
        Assert.Equal(columns.Select(column => column.Name.ToUpperInvariant()), Cells(screen[names]).Select(name => name.TrimEnd('↑')));

        // 3. A line for each object, with the cells that were printed, and no other.
        var shown = screen
            .Skip(names + 1)
            .Take(objects.Length)
            .Select(line => string.Join(" | ", Cells(line)))
            .Order(StringComparer.Ordinal)
            .ToArray();
        var expected = recorded["rows"]!
            .AsArray()
            .Select(row => string.Join(" | ", columns.Select(column => OneLine(row!["cells"]![column.Index]!.ToString()))))
            .Order(StringComparer.Ordinal)
            .ToArray();
        Assert.True(
            expected.SequenceEqual(shown),
            $"kubectl only:\n{string.Join('\n', expected.Except(shown))}\n\nthe screen only:\n{string.Join('\n', shown.Except(expected))}"
        );

        string[] Cells(string line) =>
            [.. placed.Select(column => line.PadRight(column.X + column.Width).Substring(column.X, column.Width).Trim())];
    }

    [Fact]
    public void A_state_of_every_sort_is_among_them()
    {
        string[] words =
        [
            "Pending",
            "SchedulingGated",
            "ContainerCreating",
            "Init:0/2",
            "Init:1/2",
            "Init:Error",
            "Init:CrashLoopBackOff",
            "Init:ExitCode:1",
            "Init:Signal:9",
            "Init:OOMKilled",
            "Init:ImagePullBackOff",
            "ImagePullBackOff",
            "ErrImagePull",
            "CreateContainerConfigError",
            "CrashLoopBackOff",
            "Running",
            "NotReady",
            "Completed",
            "Error",
            "ExitCode:3",
            "Signal:9",
            "OOMKilled",
            "Evicted",
            "NodeLost",
            "Unknown",
            "Terminating",
        ];
        Assert.Empty(words.Except(Tables["pods"]!["rows"]!.AsArray().Select(row => (string)row!["cells"]![2]!)));
    }

    /// <summary>As kubectl prints a cell of several lines.</summary>
    private static string OneLine(string cell) =>
        cell.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0 ? cell[..end] + "..." : cell.Trim();
}
