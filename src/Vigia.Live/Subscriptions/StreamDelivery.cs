namespace Vigia.Live.Subscriptions;

/// <summary>The delivery to a reader that lags too far behind.</summary>
public enum StreamDelivery
{
    /// <summary>
    /// The latest state of each object that changed, marked <c>folded</c> where steps were left out (default).
    /// </summary>
    Latest,

    /// <summary>
    /// Every step; where that is no longer possible a <c>reset</c> and all that exists, never a folded step.
    /// </summary>
    Every,
}
