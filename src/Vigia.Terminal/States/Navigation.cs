using Vigia.Catalog;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.States;

/// <summary>Steps from one view to another. Pure; the view before stays in the history.</summary>
internal static class Navigation
{
    /// <summary>Goes to a view; the one before stays in the history.</summary>
    public static AppState Open(AppState state, Func<int, ViewState> make) =>
        state with
        {
            Back = state.Back.Push(state.View),
            Forward = [],
            View = make(state.NextId),
            NextId = state.NextId + 1,
        };

    /// <summary>Goes to a kind's table, in the namespace one is in.</summary>
    public static AppState OpenTable(
        AppState state,
        ResourceEntry entry,
        string? ns,
        string filter = "",
        RowScope? scope = null,
        RowKey? selected = null
    ) =>
        Open(
            state,
            id => new TableState(id, entry)
            {
                Namespace = entry.Namespaced ? ns : null,
                Filter = new RowFilter(filter, entry.Namespaced ? ns : null, false, scope),
                Selected = selected,
                Order = DefaultOrder(entry),
            }
        );

    /// <summary>Opens a text about an object.</summary>
    public static AppState OpenText(AppState state, TableState table, TableRow row, TextKind kind, LogSettings? logs = null) =>
        Open(
            state,
            id => new TextState(id, kind, $"{TitleOf(kind)} {table.Entry.Kind.ToLowerInvariant()} {row.Object.Key}")
            {
                Entry = table.Entry,
                Object = row.Key,
                Logs = logs ?? new LogSettings(),
                Follows = kind is TextKind.Changes or TextKind.Logs,
                Wraps = kind == TextKind.Changes,
            }
        );

    /// <summary>The namespace of the table one is at or came from.</summary>
    public static string? CurrentNamespace(AppState state) =>
        state.Back.Prepend(state.View).OfType<TableState>().FirstOrDefault(table => table.Entry.Namespaced)?.Namespace;

    /// <summary>The latest first where one reads events; by namespace and name elsewhere.</summary>
    public static RowOrder DefaultOrder(ResourceEntry entry) =>
        entry.KnownKind == "Event"
        && entry.Columns.Index().FirstOrDefault(column => column.Item.Key == "lastSeen") is { Item: not null } last
            ? new RowOrder(last.Index, false)
            : RowOrder.Default;

    private static string TitleOf(TextKind kind) =>
        kind switch
        {
            TextKind.Describe => "describe",
            TextKind.Yaml => "yaml",
            TextKind.Changes => "changes of",
            TextKind.Tree => "tree of",
            TextKind.Logs => "logs of",
            _ => kind.ToString().ToLowerInvariant(),
        };
}
