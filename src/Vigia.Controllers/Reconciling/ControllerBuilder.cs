using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Controllers.Reconciling;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>
/// Defines the resources that a controller watches and the keys of each change (controller-runtime's <c>For</c>,
/// <c>Owns</c>, <c>Watches</c>).
/// </summary>
/// <typeparam name="TKey">
/// The key: <see cref="ObjectKey"/> for a controller of one resource of one cluster, else any type with equality.
/// </typeparam>
/// <param name="name">The controller's name in logs and metrics.</param>
public sealed class ControllerBuilder<TKey>(string name)
    where TKey : notnull
{
    private readonly List<ControllerSource<TKey>> _sources = [];

    /// <summary>Watches an informer.</summary>
    /// <param name="informer">The informer; its creator disposes of it, after the controller has ended.</param>
    /// <param name="keys">
    /// The keys of a change. Must be a function of the delta alone. If it throws, or returns null, the keys returned
    /// before are added; the change is counted (<see cref="ControllerSnapshot.Lost"/>) and logged.
    /// </param>
    /// <param name="where">
    /// A filter of changes; null for all. A resync calls it as the first list does, with every object as an addition,
    /// so a comparison of old and new does not exclude it.
    /// </param>
    public ControllerBuilder<TKey> Watches(SharedInformer informer, Func<Delta, IEnumerable<TKey>> keys, Func<Delta, bool>? where = null)
    {
        ArgumentNullException.ThrowIfNull(informer);
        ArgumentNullException.ThrowIfNull(keys);
        _sources.Add(new(informer, keys, where));
        return this;
    }

    /// <summary>Creates the controller; nothing happens before <see cref="Controller{TKey}.RunAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">It watches nothing.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option that cannot be.</exception>
    public Controller<TKey> Build(
        Reconcile<TKey> reconcile,
        ControllerOptions<TKey>? options = null,
        TimeProvider? time = null,
        ILogger? logger = null
    )
    {
        ArgumentNullException.ThrowIfNull(reconcile);
        options ??= new ControllerOptions<TKey>();
        if (_sources.Count == 0)
        {
            throw new InvalidOperationException($"controller {name} watches nothing: call For, Owns or Watches");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Workers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.FairnessInterval);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxKeysPerChange);
        if (options.DrainTimeout != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(options.DrainTimeout, TimeSpan.Zero);
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Resync ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(options.Resync));
        return new(name, [.. _sources], reconcile, options, time ?? TimeProvider.System, logger ?? NullLogger.Instance);
    }
}
