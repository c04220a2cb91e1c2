using System.Threading.Channels;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Objects;

/// <summary>Checks every state of one object until one satisfies a condition.</summary>
internal sealed class StateWait(ObjectStore store, ResourceType type, ObjectKey key, TimeProvider time)
{
    private readonly Channel<StoredObject?> _states = Channel.CreateUnbounded<StoredObject?>(new() { SingleReader = true });

    public async Task<StoredObject?> RunAsync(Func<StoredObject?, bool> isIt, TimeSpan within, CancellationToken cancellationToken)
    {
        using var changes = store.Subscribe(
            type.Gvr,
            change =>
            {
                if (change.Item.Key == key)
                {
                    _states.Writer.TryWrite(change.Kind == ChangeKind.Deleted ? null : change.Item);
                }
            }
        );

        // Subscribed first: a change in between is seen twice rather than never.
        var state = store.Get(type.Gvr, key);
        using var late = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (!isIt(state))
            {
                state = await _states.Reader.ReadAsync(either.Token);
            }

            return state;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"{type.Gvr.GroupResource} {key} did not reach the state within {within.TotalSeconds:0.###} s; "
                    + $"{(state is null ? "it does not exist" : $"its last state: {System.Text.Encoding.UTF8.GetString(state.Utf8.Span)}")}"
            );
        }
    }
}
