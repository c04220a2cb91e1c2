using System.Globalization;
using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Views;

/// <summary>
/// The lines at the top: where one is, as whom, how fresh what one sees is, what still loads, and the title of the
/// view.
/// </summary>
internal static class HeaderView
{
    public static void Draw(Canvas canvas, AppState state, ScreenContent content)
    {
        if (!state.HidesHeader)
        {
            DrawCluster(canvas, state, content);
            DrawLoading(canvas, state, content);
        }

        DrawTitle(canvas, state.HeaderHeight - 1, state, content);
    }

    private static void DrawCluster(Canvas canvas, AppState state, ScreenContent content)
    {
        var theme = content.Theme;
        canvas.Fill(0, 0, canvas.Width, theme.Plain.On(theme.Bar));
        var (freshness, style) = Freshness(state, content);
        var room = canvas.Width - TextWidth.Of(freshness) - 2;
        var x = canvas.Write(1, 0, "vigia ", theme.Accent.On(theme.Bar), room);
        if (content.Clusters.Count == 1)
        {
            var cluster = content.Clusters[0];
            x = canvas.Write(x, 0, cluster.Name, theme.Plain.With(Attributes.Bold).On(theme.Bar), room - x);
            var who = cluster.User is { } user && user != cluster.Name ? $"  as {user}" : "";
            var where = canvas.Width >= 100 ? $"  {cluster.Server}" : "";
            var more = $"  {cluster.Version ?? "…"}{who}{where}";
            x = canvas.Write(x, 0, TextWidth.Fit(more, Math.Max(room - x, 0)), theme.Muted.On(theme.Bar), Math.Max(room - x, 0));
        }
        else
        {
            foreach (var cluster in content.Clusters)
            {
                var kind = CurrentKind(state, cluster);
                x = canvas.Write(
                    x,
                    0,
                    kind?.Word switch
                    {
                        LoadWord.Live => "● ",
                        LoadWord.Loading or LoadWord.Waiting => "◌ ",
                        null => "",
                        _ => "▲ ",
                    },
                    StyleOf(kind?.Word, theme).On(theme.Bar),
                    Math.Max(room - x, 0)
                );
                x = canvas.Write(x, 0, cluster.Name + "  ", theme.Plain.With(Attributes.Bold).On(theme.Bar), Math.Max(room - x, 0));
            }
        }

        if (state.IsReadOnly)
        {
            canvas.Write(x, 0, "  read-only", theme.Warning.On(theme.Bar), Math.Max(room - x, 0));
        }

        canvas.Write(canvas.Width - TextWidth.Of(freshness) - 1, 0, freshness, style.On(theme.Bar));
    }

    /// <summary>How fresh what the view shows is: the worst of its clusters.</summary>
    private static (string Text, Style Style) Freshness(AppState state, ScreenContent content)
    {
        var kinds = content.Clusters.Select(cluster => CurrentKind(state, cluster)).OfType<KindStatus>().ToArray();
        if (kinds.Length == 0)
        {
            return ("", content.Theme.Muted);
        }

        var worst = kinds.MaxBy(kind =>
            kind.Word switch
            {
                LoadWord.Live => 0,
                LoadWord.Waiting => 1,
                LoadWord.Loading => 2,
                LoadWord.Stale => 3,
                _ => 4,
            }
        )!;
        return (
            worst.Word switch
            {
                LoadWord.Live => "● live",
                LoadWord.Waiting => "◌ waiting",
                LoadWord.Loading => string.Create(CultureInfo.InvariantCulture, $"◌ loading {worst.Count:N0}"),
                LoadWord.Stale => $"▲ stale {worst.Since.ToLocalTime():HH:mm:ss}",
                LoadWord.Denied => "▲ denied",
                LoadWord.Absent => "▲ not there",
                _ => "▲ failing",
            },
            StyleOf(worst.Word, content.Theme)
        );
    }

    private static Style StyleOf(LoadWord? word, Theme theme) =>
        word switch
        {
            LoadWord.Live => theme.Good,
            LoadWord.Waiting or LoadWord.Loading or null => theme.Warning,
            _ => theme.Bad,
        };

    /// <summary>The kind that the view is of, on a cluster.</summary>
    private static KindStatus? CurrentKind(AppState state, ClusterStatus cluster)
    {
        var entry = state.View switch
        {
            TableState table => table.Entry,
            TextState { Entry: { } of } => of,
            _ => null,
        };
        return cluster.Kinds.FirstOrDefault(kind => kind.Name == (entry?.Name ?? "pods"));
    }

    /// <summary>One line: what is wrong comes first, then what loads, else the namespaces of the number keys.</summary>
    private static void DrawLoading(Canvas canvas, AppState state, ScreenContent content)
    {
        var theme = content.Theme;
        var x = 1;
        var many = content.Clusters.Count > 1;
        foreach (var cluster in content.Clusters)
        {
            var name = many ? cluster.Name + ": " : "";
            if (Trouble(state, cluster, content.Now) is { } trouble)
            {
                x = Part(name + trouble, theme.Bad);
            }
            else if (cluster.Fault is { } fault)
            {
                x = Part(name + fault, theme.Bad);
            }
        }

        foreach (var cluster in content.Clusters)
        {
            var loading = cluster
                .Kinds.Where(kind => kind.Word == LoadWord.Loading)
                .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Name} {kind.Count:N0}"))
                .ToArray();
            if (loading.Length > 0)
            {
                x = Part($"{(many ? cluster.Name + ": " : "")}Loading {string.Join(", ", loading)}…", theme.Warning);
            }

            // Of the others: what cannot be loaded, and, where what one looks at is live, what is not.
            var current = CurrentKind(state, cluster);
            Others("failing", theme.Bad, kind => kind.Word == LoadWord.Failed);
            Others("stale", theme.Bad, kind => kind.Word == LoadWord.Stale && current?.Word != LoadWord.Stale);
            Others("denied", theme.Muted, kind => kind.Word == LoadWord.Denied);

            void Others(string word, Style style, Func<KindStatus, bool> which)
            {
                var names = cluster.Kinds.Where(kind => kind.Name != current?.Name && which(kind)).Select(kind => kind.Name).ToArray();
                if (names.Length > 0)
                {
                    x = Part($"{(many ? cluster.Name + ": " : "")}{word}: {string.Join(", ", names)}", style);
                }
            }
        }

        if (x == 1 || x < canvas.Width / 2)
        {
            DrawNamespaces(canvas, x, state, theme);
        }

        int Part(string text, Style style) => canvas.Write(x, 1, TextWidth.Fit(text, canvas.Width - x - 1) + "  ", style);
    }

    /// <summary>
    /// Why what the view shows is not live, and when that is tried again; null where it is, or still loads.
    /// </summary>
    private static string? Trouble(AppState state, ClusterStatus cluster, DateTimeOffset now)
    {
        if (CurrentKind(state, cluster) is not { } kind)
        {
            return null;
        }

        if (kind.Word is LoadWord.Live or LoadWord.Loading or LoadWord.Waiting)
        {
            // A title that says "all namespaces" must not stand alone above the rows of one.
            return kind.OnlyNamespace is { } only && Navigation.CurrentNamespace(state) != only
                ? $"only {kind.Name} of {only}: those of all namespaces may not be read"
                : null;
        }

        var next =
            kind.NextTry is not { } at ? ""
            : at > now ? $", next try in {HumanDuration.Format(TimeSpan.FromSeconds(Math.Ceiling((at - now).TotalSeconds)))}"
            : ", trying again";
        var part =
            kind.Word == LoadWord.Stale ? $" as of {kind.Since.ToLocalTime():HH:mm:ss}"
            : kind is { Word: LoadWord.Failed, Count: > 0 }
                ? string.Create(CultureInfo.InvariantCulture, $", the first {kind.Count:N0} of them")
            : "";
        return $"{kind.Name}{part}{next}: {kind.Reason}";
    }

    private static void DrawNamespaces(Canvas canvas, int x, AppState state, Theme theme)
    {
        var current = Navigation.CurrentNamespace(state);
        for (var i = 0; i <= state.Favourites.Count && x < canvas.Width - 8; i++)
        {
            var ns = i == 0 ? null : state.Favourites[i - 1];
            x = canvas.Write(x, 1, string.Create(CultureInfo.InvariantCulture, $"{i} "), theme.Muted);
            x = canvas.Write(x, 1, ns ?? "all", ns == current ? theme.Accent : theme.Plain) + 2;
        }
    }

    private static void DrawTitle(Canvas canvas, int y, AppState state, ScreenContent content)
    {
        var theme = content.Theme;
        var x = 1;
        switch (state.View)
        {
            case TableState table:
                x = canvas.Write(x, y, table.Entry.Name, theme.Title);
                var scope =
                    table.Filter.Scope?.Title is { } title ? $" of {title}"
                    : table.Entry.Namespaced ? $" in {table.Namespace ?? "all namespaces"}"
                    : "";
                x = canvas.Write(x, y, scope, theme.Plain) + 1;
                var rows = content.Rows;
                var count =
                    rows.Count >= rows.Total
                        ? rows.Total.ToString("N0", CultureInfo.InvariantCulture)
                        : string.Create(CultureInfo.InvariantCulture, $"{rows.Count:N0} of {rows.Total:N0}");
                x = canvas.Write(x, y, $"[{count}]", theme.Muted) + 1;
                if (rows.Faults > 0)
                {
                    x = canvas.Write(x, y, string.Create(CultureInfo.InvariantCulture, $"{rows.Faults:N0} unhealthy"), theme.Warning) + 1;
                }

                x = Badge(canvas, x, y, table.Filter.FaultsOnly, "unhealthy only", theme.Warning);
                x = Badge(canvas, x, y, table.IsWide, "wide", theme.Muted);
                x = Badge(
                    canvas,
                    x,
                    y,
                    table.Marks.Count > 0,
                    string.Create(CultureInfo.InvariantCulture, $"{table.Marks.Count} marked"),
                    theme.Mark
                );
                x = Badge(
                    canvas,
                    x,
                    y,
                    table.Filter.Text.Length > 0 && state.Prompt is not { Kind: PromptKind.Filter },
                    "/" + table.Filter.Text,
                    theme.Accent
                );
                Badge(
                    canvas,
                    x,
                    y,
                    table.Filter.Fault is not null,
                    TextWidth.Fit(table.Filter.Fault ?? "", Math.Max(canvas.Width - x - 1, 1)),
                    theme.Bad
                );
                break;
            case TextState text:
                x = canvas.Write(x, y, text.Title, theme.Title) + 1;
                x = Badge(canvas, x, y, content.Document.IsStale, "stale", theme.Bad);
                // How it is looked at before what it says of itself: the end is what a narrow screen cuts.
                x = Badge(canvas, x, y, text.Kind == TextKind.Logs && text.Follows && !text.Logs.Previous, "following", theme.Good);
                x = Badge(canvas, x, y, text is { Kind: TextKind.Logs, Search.Length: > 0 }, "/" + text.Search, theme.Accent);
                x = Badge(
                    canvas,
                    x,
                    y,
                    text is { Wraps: true, Kind: TextKind.Logs or TextKind.Yaml or TextKind.Describe or TextKind.Tree },
                    "wrapped",
                    theme.Muted
                );
                if (text.Search.Length > 0 && text.Kind != TextKind.Logs)
                {
                    var matches = content.Document.Lines.Count(line =>
                        line.Plain.Contains(text.Search, StringComparison.OrdinalIgnoreCase)
                    );
                    x = Badge(canvas, x, y, true, string.Create(CultureInfo.InvariantCulture, $"/{text.Search} ({matches})"), theme.Accent);
                }

                Badge(canvas, x, y, content.Document.Note is not null, content.Document.Note ?? "", theme.Muted);
                break;
            default:
                canvas.Write(x, y, "pulse", theme.Title);
                break;
        }
    }

    private static int Badge(Canvas canvas, int x, int y, bool isShown, string text, Style style) =>
        isShown ? canvas.Write(x, y, text, style) + 1 : x;
}
