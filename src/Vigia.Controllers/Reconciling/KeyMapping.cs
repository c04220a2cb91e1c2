using Microsoft.Extensions.Logging;
using Vigia.Informers;

namespace Vigia.Controllers.Reconciling;

/// <summary>
/// Calls the functions given to <see cref="ControllerBuilder{TKey}.Watches"/> for a change, and adds the keys to the
/// queue.
/// </summary>
/// <remarks>
/// The functions are user code: they may throw, at once or between two keys, return null or null keys, or never end.
/// Only that change is affected; it is logged and counted. Keys that were returned are added, and the next change is
/// handled as usual.
/// </remarks>
internal sealed partial class KeyMapping<TKey>(string controller, int mostKeys, ILogger logger)
    where TKey : notnull
{
    private readonly ILogger _logger = logger;
    private long _lost;

    /// <summary>Changes for which a key may be missing.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Add(WorkQueue<TKey> queue, ControllerSource<TKey> source, Delta delta, WorkPriority priority)
    {
        Exception? failure = null;
        try
        {
            if (source.Where?.Invoke(delta) == false)
            {
                return;
            }

            var keys =
                source.Keys(delta)
                ?? throw new InvalidOperationException(
                    "the function returned null; it must return an empty sequence if a change concerns no key"
                );
            var given = 0;
            foreach (var key in keys)
            {
                if (++given > mostKeys)
                {
                    throw new InvalidOperationException(
                        $"the function returned more than {mostKeys} keys for one change; only the first {mostKeys} are added "
                            + "(ControllerOptions.MaxKeysPerChange)"
                    );
                }

                failure = Add(queue, key, priority) ?? failure;
            }
        }
        catch (Exception error)
        {
            failure = error;
        }

        if (failure is not null)
        {
            Interlocked.Increment(ref _lost);
            LogLost(controller, source.Informer.Cluster, source.Informer.Resource.GroupResource, delta.Object.Key.ToString(), failure);
        }
    }

    /// <summary>A key that cannot be added (null, or its equality throws) does not cost the keys after it.</summary>
    private static Exception? Add(WorkQueue<TKey> queue, TKey key, WorkPriority priority)
    {
        if (key is null)
        {
            return new InvalidOperationException("the function returned a null key");
        }

        try
        {
            queue.Add(key, priority);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    [LoggerMessage(
        2025,
        LogLevel.Error,
        "controller {Controller}: a function given to Watches failed for {Cluster} {Resource} {Key}; keys of "
            + "this change may be missing until the object changes again or a resync"
    )]
    private partial void LogLost(string controller, string cluster, string resource, string key, Exception error);
}
