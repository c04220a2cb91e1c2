using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>The counters of an informer; monotonic, read without locks.</summary>
public sealed class InformerCounters
{
    private readonly long[] _byType = new long[Enum.GetValues<WatchEventType>().Length];

    internal long _events;
    internal long _staleReads;
    internal long _undecodable;
    internal long _handlerFailures;
    internal long _resets;
    internal long _transformFailures;
    internal long _indexFailures;
    internal long _silences;
    internal long _audits;
    internal long _auditDifferences;
    internal long _incompleteAudits;
    internal long _lateAudits;
    internal long _storeFaults;

    /// <summary>Watch events applied.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Watch events applied of one type: bookmarks are events too.</summary>
    public long EventsOf(WatchEventType type) => Volatile.Read(ref _byType[(int)type]);

    /// <summary>Versions discarded because the cache had a newer one.</summary>
    public long StaleReads => Volatile.Read(ref _staleReads);

    /// <summary>Events and lists that could not be read.</summary>
    public long Undecodable => Volatile.Read(ref _undecodable);

    /// <summary>Calls of handlers that threw.</summary>
    public long HandlerFailures => Volatile.Read(ref _handlerFailures);

    /// <summary>
    /// Objects whose transform failed: the cache has their metadata and the reason (see <see cref="ObjectTransform"/>).
    /// </summary>
    public long TransformFailures => Volatile.Read(ref _transformFailures);

    /// <summary>Failed calls of index functions: each such object is under no value of that index.</summary>
    public long IndexFailures => Volatile.Read(ref _indexFailures);

    /// <summary>Times the API server was found restored to an older state.</summary>
    public long Resets => Volatile.Read(ref _resets);

    /// <summary>
    /// Watches that were opened again because neither an event nor a bookmark came
    /// (<see cref="ReflectorOptions.SilenceLimit"/>).
    /// </summary>
    public long Silences => Volatile.Read(ref _silences);

    /// <summary>Audits that came to a verdict.</summary>
    public long Audits => Volatile.Read(ref _audits);

    /// <summary>Objects over which audits found cache and server to differ: there must be none.</summary>
    public long AuditDifferences => Volatile.Read(ref _auditDifferences);

    /// <summary>
    /// Audits that found the cache behind the server, though it was said to be live
    /// (<see cref="AuditOutcome.Behind"/>).
    /// </summary>
    public long LateAudits => Volatile.Read(ref _lateAudits);

    /// <summary>Audits that came to no verdict: the server could not be listed, or the informer was not live.</summary>
    public long IncompleteAudits => Volatile.Read(ref _incompleteAudits);

    /// <summary>
    /// Inconsistencies inside the store found by audits (a list, an index, an object by its key): there must be none.
    /// </summary>
    public long StoreFaults => Volatile.Read(ref _storeFaults);

    /// <summary>Counts an event; the writer alone does.</summary>
    internal void Count(WatchEventType type)
    {
        ref var count = ref _byType[(int)type];
        Volatile.Write(ref count, count + 1);
    }
}
