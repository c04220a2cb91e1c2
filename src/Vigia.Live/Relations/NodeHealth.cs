using Vigia.Catalog;

namespace Vigia.Live.Relations;

/// <summary>How an object is doing, with what it stands on taken into account.</summary>
/// <param name="State">The worst of its own and what it stands on gives.</param>
/// <param name="Reason">Why it is not well, in a line that ends with the root of it; null where it is.</param>
internal sealed record NodeHealth(RowHealth State, string? Reason)
{
    /// <summary>The word that answers use.</summary>
    public string Word =>
        State switch
        {
            RowHealth.Bad => "bad",
            RowHealth.Warning => "warning",
            _ => "ok",
        };
}
