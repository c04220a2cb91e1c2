namespace Vigia.Catalog;

/// <summary>Whether an object is as it should be.</summary>
public enum RowHealth
{
    /// <summary>Nothing to see.</summary>
    Ok,

    /// <summary>On its way, or not quite.</summary>
    Warning,

    /// <summary>A person should look.</summary>
    Bad,
}
