namespace Vigia.Gateway.Access;

/// <summary>
/// Slots that are shared between flows in turn, so that one that wants a thousand delays another by one.
/// </summary>
/// <remarks>
/// Like the API server's own Priority and Fairness. <b>Guarantees.</b> Within a flow the order is that of arrival;
/// flows take turns; urgent ones go first. The number of waiters per flow is bounded. Thread-safe.
/// </remarks>
internal sealed class FairQueue(int slots, int mostWaiting)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Flow> _flows = new(StringComparer.Ordinal);
    private readonly LinkedList<Flow> _urgent = new();
    private readonly LinkedList<Flow> _others = new();
    private int _free = slots;

    /// <summary>Flows that wait.</summary>
    public int Flows
    {
        get
        {
            lock (_gate)
            {
                return _flows.Count;
            }
        }
    }

    /// <summary>
    /// Waits for a slot; call <see cref="Leave"/> afterwards. False if too many of the flow are waiting already.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token ended the wait; no slot was taken.</exception>
    public async ValueTask<bool> EnterAsync(string key, bool isUrgent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return true;
            }

            if (!_flows.TryGetValue(key, out var flow))
            {
                _flows[key] = flow = new Flow(key, isUrgent ? _urgent : _others);
            }

            if (flow.Waiting.Count >= mostWaiting)
            {
                return false;
            }

            waiter = new Waiter(flow);
            flow.Waiting.AddLast(waiter.Node);
            if (flow.Waiting.Count == 1)
            {
                flow.Turns.AddLast(flow.Node);
            }
        }

        await using var _ = cancellationToken.UnsafeRegister(
            static (state, token) => ((Action<CancellationToken>)state!)(token),
            (Action<CancellationToken>)(token => GiveUp(waiter, token))
        );
        await waiter.Task;
        return true;
    }

    /// <summary>Gives a slot to the next waiter.</summary>
    public void Leave()
    {
        Waiter next;
        lock (_gate)
        {
            if ((_urgent.First ?? _others.First) is not { } turn)
            {
                _free++;
                return;
            }

            var flow = turn.Value;
            next = flow.Waiting.First!.Value;
            flow.Waiting.RemoveFirst();
            flow.Turns.Remove(turn);
            if (flow.Waiting.Count > 0)
            {
                flow.Turns.AddLast(turn);
            }
            else
            {
                _flows.Remove(flow.Key);
            }
        }

        next.TrySetResult();
    }

    private void GiveUp(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (waiter.Node.List is null)
            {
                // The slot came first.
                return;
            }

            var flow = waiter.Flow;
            flow.Waiting.Remove(waiter.Node);
            if (flow.Waiting.Count == 0)
            {
                flow.Turns.Remove(flow.Node);
                _flows.Remove(flow.Key);
            }
        }

        waiter.TrySetCanceled(cancellationToken);
    }

    private sealed class Flow
    {
        public Flow(string key, LinkedList<Flow> turns) => (Key, Turns, Node) = (key, turns, new(this));

        public string Key { get; }

        public LinkedList<Flow> Turns { get; }

        public LinkedListNode<Flow> Node { get; }

        public LinkedList<Waiter> Waiting { get; } = new();
    }

    private sealed class Waiter : TaskCompletionSource
    {
        public Waiter(Flow flow)
            : base(TaskCreationOptions.RunContinuationsAsynchronously) => (Flow, Node) = (flow, new(this));

        public Flow Flow { get; }

        public LinkedListNode<Waiter> Node { get; }
    }
}
