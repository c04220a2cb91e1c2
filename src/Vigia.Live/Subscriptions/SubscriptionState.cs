namespace Vigia.Live.Subscriptions;

/// <summary>
/// The state of a <see cref="LiveSubscription"/>. <see cref="SubscriptionMachine"/> has the transitions.
/// </summary>
internal enum SubscriptionState
{
    /// <summary>
    /// Nothing was sent: the informer does not run yet, or has not finished the list that a client's cursor is compared
    /// with.
    /// </summary>
    Opening,

    /// <summary>
    /// The client's cursor was accepted: the changes it missed are being sent, from the API server's history and then
    /// from the log.
    /// </summary>
    Bridging,

    /// <summary>
    /// The client was reset: the objects that exist are being sent, until the informer's first list is complete.
    /// </summary>
    Syncing,

    /// <summary>
    /// The client has everything up to the end of the log at least once, and receives each change as it comes.
    /// </summary>
    Live,

    /// <summary>The feed was removed, and the client was informed. Nothing follows.</summary>
    Ended,
}
