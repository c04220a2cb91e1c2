using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Tests.Streams;

public sealed class SubscriptionMachineTests
{
    private static readonly Dictionary<(SubscriptionState, SubscriptionStep), SubscriptionState> Table = new()
    {
        [(SubscriptionState.Opening, SubscriptionStep.Resumed)] = SubscriptionState.Bridging,
        [(SubscriptionState.Opening, SubscriptionStep.Reset)] = SubscriptionState.Syncing,
        [(SubscriptionState.Opening, SubscriptionStep.Ended)] = SubscriptionState.Ended,
        [(SubscriptionState.Bridging, SubscriptionStep.Reset)] = SubscriptionState.Syncing,
        [(SubscriptionState.Bridging, SubscriptionStep.ReachedEnd)] = SubscriptionState.Live,
        [(SubscriptionState.Bridging, SubscriptionStep.Ended)] = SubscriptionState.Ended,
        [(SubscriptionState.Syncing, SubscriptionStep.Reset)] = SubscriptionState.Syncing,
        [(SubscriptionState.Syncing, SubscriptionStep.Synced)] = SubscriptionState.Live,
        [(SubscriptionState.Syncing, SubscriptionStep.ReachedEnd)] = SubscriptionState.Syncing,
        [(SubscriptionState.Syncing, SubscriptionStep.Ended)] = SubscriptionState.Ended,
        [(SubscriptionState.Live, SubscriptionStep.Reset)] = SubscriptionState.Syncing,
        [(SubscriptionState.Live, SubscriptionStep.ReachedEnd)] = SubscriptionState.Live,
        [(SubscriptionState.Live, SubscriptionStep.Ended)] = SubscriptionState.Ended,
    };

    [Fact]
    public void Every_step_of_every_state_is_in_the_table_or_refused()
    {
        foreach (var state in Enum.GetValues<SubscriptionState>())
        {
            foreach (var step in Enum.GetValues<SubscriptionStep>())
            {
                if (Table.TryGetValue((state, step), out var next))
                {
                    Assert.Equal(next, SubscriptionMachine.Next(state, step));
                }
                else
                {
                    Assert.Throws<InvalidOperationException>(() => SubscriptionMachine.Next(state, step));
                }
            }
        }
    }
}
