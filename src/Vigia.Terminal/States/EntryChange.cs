using Vigia.Catalog;

namespace Vigia.Terminal.States;

/// <summary>A kind's entry takes the place of the one that had its name: columns and version may be others.</summary>
internal static class EntryChange
{
    /// <summary>
    /// The state with the new entry wherever the old one was, and the numbers of the views that changed.
    /// </summary>
    public static (AppState State, IReadOnlySet<int> Changed) Apply(AppState state, ResourceEntry entry)
    {
        var changed = new HashSet<int>();
        return (
            state with
            {
                View = Of(state.View),
                Back = [.. state.Back.Reverse().Select(Of)],
                Forward = [.. state.Forward.Reverse().Select(Of)],
            },
            changed
        );

        ViewState Of(ViewState view)
        {
            ViewState next = view switch
            {
                TableState table when table.Entry.Name == entry.Name => table with
                {
                    Entry = entry,
                    Left = 0,
                    Order = Navigation.DefaultOrder(entry),
                },
                TextState { Entry: { } shown } text when shown.Name == entry.Name => text with { Entry = entry },
                _ => view,
            };
            if (!ReferenceEquals(next, view))
            {
                changed.Add(view.Id);
            }

            return next;
        }
    }
}
