using System.Globalization;
using System.Text;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Overview;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Texts;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.Tests;

/// <summary>Objects, tables and screens for tests.</summary>
internal static class Fixtures
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static readonly ResourceEntry Pods = ResourceCatalog.BuiltIn.Find("pods")!;

    public static RawObject Pod(
        string ns,
        string name,
        string phase = "Running",
        bool ready = true,
        int restarts = 0,
        string node = "node-1",
        int ageSeconds = 3600,
        string? waiting = null,
        string labels = "\"app\":\"web\""
    )
    {
        var state = waiting is null
            ? phase == "Running"
                ? "\"running\":{}"
                : "\"waiting\":{}"
            : $"\"waiting\":{{\"reason\":\"{waiting}\"}}";
        var created = Now.AddSeconds(-ageSeconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return RawObject.Parse(
            Encoding.UTF8.GetBytes(
                $$$$"""
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{{name}}}}","namespace":"{{{{ns}}}}","uid":"{{{{Guid.NewGuid()}}}}",
                "resourceVersion":"7","creationTimestamp":"{{{{created}}}}","labels":{{{{{labels}}}}}},
                "spec":{"nodeName":"{{{{node}}}}","containers":[{"name":"main","image":"app:1"}]},
                "status":{"phase":"{{{{phase}}}}","podIP":"10.0.0.7","containerStatuses":[{"name":"main","ready":{{{{(
                    ready ? "true" : "false"
                )}}}},"restartCount":{{{{restarts}}}},"state":{{{{{state}}}}}}]}}
                """
            )
        );
    }

    public static TableChange Change(RawObject obj) => new(obj, Pods.RowOf(obj), RowChange.None, 0);

    public static TableIndex Table(params RawObject[] pods)
    {
        var table = new TableIndex(Pods);
        table.Apply(0, "demo", [.. pods.Select(Change)], Now.UtcTicks);
        return table;
    }

    public static string[] Names(ITableRows rows) => [.. Enumerable.Range(0, rows.Count).Select(i => rows[i].Object.Name)];

    public static AppState State(int width = 80, int height = 24, ViewState? view = null) =>
        new()
        {
            View = view ?? new TableState(0, Pods),
            Width = width,
            Height = height,
            Contexts = ["demo"],
            Favourites = ["default", "kube-system", "shop"],
        };

    public static ReducerContext Context(ITableRows rows, TextDocument? document = null) =>
        new(
            rows,
            document ?? TextDocument.Empty,
            ResourceCatalog.BuiltIn,
            [.. ResourceCatalog.BuiltIn.Entries.SelectMany(entry => entry.Aliases.Prepend(entry.Name)), .. CommandLine.Words],
            ["default", "kube-system", "shop"],
            ["demo", "staging"],
            Now
        );

    public static ClusterStatus Cluster(
        LoadWord word = LoadWord.Live,
        string? reason = null,
        string name = "demo",
        params KindStatus[] others
    ) =>
        new(
            name,
            "127.0.0.1:6443",
            "admin",
            "v1.32.4",
            null,
            [new("pods", word, 300, reason, Now.AddMinutes(-5), word == LoadWord.Live ? null : Now.AddSeconds(12)), .. others]
        );

    public static string Draw(
        AppState state,
        ITableRows rows,
        TextDocument? document = null,
        ClusterStatus[]? clusters = null,
        PulseMeasurements? pulse = null,
        DateTimeOffset? now = null
    )
    {
        var canvas = Paint(state, rows, document, clusters, pulse, now: now);
        return canvas.ToText();
    }

    public static ScreenContent Content(
        AppState state,
        ITableRows rows,
        TextDocument? document = null,
        ClusterStatus[]? clusters = null,
        PulseMeasurements? pulse = null,
        ColourDepth depth = ColourDepth.True,
        DateTimeOffset? now = null
    ) =>
        new(
            clusters ?? [Cluster()],
            rows,
            document ?? TextDocument.Empty,
            pulse ?? PulseMeasurements.None,
            Context(rows, document),
            Theme.Dark,
            depth,
            now ?? Now
        );

    public static Canvas Paint(
        AppState state,
        ITableRows rows,
        TextDocument? document = null,
        ClusterStatus[]? clusters = null,
        PulseMeasurements? pulse = null,
        ColourDepth depth = ColourDepth.True,
        DateTimeOffset? now = null
    )
    {
        var canvas = new Canvas(state.Width, state.Height);
        ScreenView.Draw(
            canvas,
            Reducer.Settle(state, Context(rows, document)),
            Content(state, rows, document, clusters, pulse, depth, now)
        );
        return canvas;
    }

    /// <summary>Types keys, one after the other, as the program would.</summary>
    public static (AppState State, List<Effect> Effects) Type(AppState state, TableIndex table, params string[] keys)
    {
        var all = new List<Effect>();
        foreach (var key in keys)
        {
            var (next, effects) = Reducer.Reduce(state, InputEvent.Key(key), Context(table));
            state = next;
            all.AddRange(effects);
            if (state.View is TableState view)
            {
                table.Arrange(view.Filter, view.Order);
            }
        }

        return (state, all);
    }
}
