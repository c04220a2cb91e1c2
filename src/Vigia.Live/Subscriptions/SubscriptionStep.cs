namespace Vigia.Live.Subscriptions;

/// <summary>A step of a <see cref="LiveSubscription"/>.</summary>
internal enum SubscriptionStep
{
    /// <summary>The client's cursor was accepted, or may be: the API server's history is being read.</summary>
    Resumed,

    /// <summary>The client was reset and a snapshot was opened.</summary>
    Reset,

    /// <summary>All objects of the first list were sent, and <c>synced</c>.</summary>
    Synced,

    /// <summary>The log was read to its end.</summary>
    ReachedEnd,

    /// <summary>The feed was removed.</summary>
    Ended,
}
