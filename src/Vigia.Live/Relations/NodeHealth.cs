using Vigia.Catalog;

namespace Vigia.Live.Relations;

/// <summary>The health of an object, including the objects that it depends on.</summary>
/// <param name="State">The worst of its own and its dependencies' health.</param>
/// <param name="Reason">Why it is not well, in a line that ends with the root of it; null if it is.</param>
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
