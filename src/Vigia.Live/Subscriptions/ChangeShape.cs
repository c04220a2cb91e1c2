namespace Vigia.Live.Subscriptions;

/// <summary>How much of an object goes out with a change.</summary>
public enum ChangeShape
{
    /// <summary>The row (default).</summary>
    Summary,

    /// <summary>The row and the object.</summary>
    Full,

    /// <summary>The row and, on updates, the changed paths.</summary>
    Diff,
}
