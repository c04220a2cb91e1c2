namespace Vigia.Informers;

/// <summary>How an informer works.</summary>
public sealed class SharedInformerOptions
{
    /// <summary>Listing and watching.</summary>
    public ReflectorOptions Reflector { get; init; } = new();

    /// <summary>How much the log keeps.</summary>
    public DeltaLogOptions Log { get; init; } = new();

    /// <summary>
    /// Changes every object before it is kept (client-go's <c>SetTransform</c>), to keep less of it; null (default) for
    /// as the server sent it.
    /// </summary>
    public ObjectTransform? Transform { get; init; }

    /// <summary>Comparing the cache with the server. Default only on demand.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>
    /// The scheduler of the informer's and its handlers' loops. Default the thread pool; a simulation passes its own,
    /// so that a run can be repeated exactly.
    /// </summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>The seed of the jitter; 0 (default) for another one each time.</summary>
    public int Seed { get; init; }
}
