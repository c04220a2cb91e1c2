namespace Vigia.Informers.Informing;

/// <summary>What an informer counts; monotonic, read without locks.</summary>
public sealed class InformerCounters
{
    internal long _events;
    internal long _staleReads;
    internal long _undecodable;
    internal long _handlerFailures;
    internal long _resets;
    internal long _transformFailures;

    /// <summary>Watch events applied.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Versions refused because a newer one was held.</summary>
    public long StaleReads => Volatile.Read(ref _staleReads);

    /// <summary>Events and lists that could not be read.</summary>
    public long Undecodable => Volatile.Read(ref _undecodable);

    /// <summary>Calls of handlers that threw.</summary>
    public long HandlerFailures => Volatile.Read(ref _handlerFailures);

    /// <summary>Objects whose transform failed: what is held of them is their metadata and the reason (see <see cref="Transforming.ObjectTransform"/>).</summary>
    public long TransformFailures => Volatile.Read(ref _transformFailures);

    /// <summary>Times the API server was found restored to an older state.</summary>
    public long Resets => Volatile.Read(ref _resets);
}
