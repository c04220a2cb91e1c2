namespace Vigia.Live.Subscriptions;

/// <summary>The transitions of a subscription, pure, so that they can be read and tested without a cluster.</summary>
/// <remarks>
/// <para>
/// Opening → Bridging → Live for a client whose cursor is accepted, Opening → Syncing → Live for one that starts or is
/// reset. A reset is possible in every state but <see cref="SubscriptionState.Ended"/>.
/// </para>
/// <para>A step that is not in the table is an error of the caller, never ignored.</para>
/// </remarks>
internal static class SubscriptionMachine
{
    /// <summary>The state after a step.</summary>
    /// <exception cref="InvalidOperationException">The step is not possible in this state.</exception>
    public static SubscriptionState Next(SubscriptionState state, SubscriptionStep step) =>
        (state, step) switch
        {
            // 1. How it begins.
            (SubscriptionState.Opening, SubscriptionStep.Resumed) => SubscriptionState.Bridging,

            // 2. How it becomes live: at the end of the log after a resume, at the end of the first list after a reset.
            (SubscriptionState.Bridging, SubscriptionStep.ReachedEnd) => SubscriptionState.Live,
            (SubscriptionState.Syncing, SubscriptionStep.Synced) => SubscriptionState.Live,
            (SubscriptionState.Live, SubscriptionStep.ReachedEnd) => SubscriptionState.Live,

            // The log has nothing more for now, but the first list is still being read.
            (SubscriptionState.Syncing, SubscriptionStep.ReachedEnd) => SubscriptionState.Syncing,

            // 3. The sent state is void.
            (not SubscriptionState.Ended, SubscriptionStep.Reset) => SubscriptionState.Syncing,

            // 4. There is nothing left to follow.
            (not SubscriptionState.Ended, SubscriptionStep.Ended) => SubscriptionState.Ended,
            _ => throw new InvalidOperationException($"a subscription in state {state} cannot process the step {step}"),
        };
}
