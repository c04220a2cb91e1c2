namespace Vigia.Informers.Tests.Election;

/// <summary>
/// One thread, one queue, virtual time: everything that runs in it runs the same way for the same seed, an hour in
/// milliseconds.
/// </summary>
/// <remarks>
/// Continuations that are ready at the same instant run in an order that the seed decides, as a thread pool gives no
/// order either.
/// </remarks>
internal sealed class VirtualWorld(int seed = 1) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly PriorityQueue<Action, (long At, long Order)> _timers = new();
    private long _order;

    public Random Chance { get; } = new(seed);

    /// <summary>True time since the beginning.</summary>
    public TimeSpan Now { get; private set; }

    public override void Post(SendOrPostCallback d, object? state) => _ready.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    public void At(TimeSpan when, Action action) => _timers.Enqueue(action, (Math.Max(when.Ticks, Now.Ticks), _order++));

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    public Task Delay(TimeSpan delay)
    {
        var done = new TaskCompletionSource();
        After(delay, done.SetResult);
        return done.Task;
    }

    /// <summary>Waits, in virtual time, until something holds.</summary>
    public async Task Until(Func<bool> condition, TimeSpan within)
    {
        for (var end = Now + within; !condition(); await Delay(TimeSpan.FromMilliseconds(5)))
        {
            Assert.True(Now < end, $"not within {within}");
        }
    }

    public double Between(double low, double high) => low + (Chance.NextDouble() * (high - low));

    /// <summary>
    /// Runs a body to its end, moving the time whenever nobody has anything to do. Its exception is the task's.
    /// </summary>
    public Task Run(Func<Task> body)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = body();
            while (!task.IsCompleted && Step()) { }

            return task.IsCompleted ? task : throw new InvalidOperationException("everybody waits forever");
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private bool Step()
    {
        if (_ready.Count > 0)
        {
            var pick = Chance.Next(_ready.Count);
            var (callback, state) = _ready[pick];
            _ready.RemoveAt(pick);
            callback(state);
            return true;
        }

        if (!_timers.TryDequeue(out var action, out var due))
        {
            return false;
        }

        Now = TimeSpan.FromTicks(due.At);
        action();
        return true;
    }
}
