namespace Vigia.Simulation.Scheduling;

/// <summary>Runs every task of a simulation on the thread that asks, in an order that the seed decides.</summary>
/// <remarks>
/// Awaits that began under it continue under it. What is ready is run one by one, chosen at random: so every
/// interleaving that a thread pool could produce can come up, and comes up again with its seed.
/// </remarks>
internal sealed class SimulationScheduler(Random random) : TaskScheduler
{
    private readonly List<Task> _ready = [];
    private readonly Lock _gate = new();

    public override int MaximumConcurrencyLevel => 1;

    public int Ready
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>Runs one task; false where none is ready.</summary>
    public bool RunOne()
    {
        Task task;
        lock (_gate)
        {
            if (_ready.Count == 0)
            {
                return false;
            }

            var index = random.Next(_ready.Count);
            task = _ready[index];
            _ready.RemoveAt(index);
        }

        TryExecuteTask(task);
        return true;
    }

    public Task Run(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _ready.Add(task);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _ready];
        }
    }
}
