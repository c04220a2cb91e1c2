using Vigia.Kubernetes;

namespace Vigia.Simulator.Cluster;

/// <summary>Keeps the counts in the status of disruption budgets; a few seconds late, as the real one is.</summary>
internal sealed class DisruptionController
{
    private readonly World _world;
    private readonly HashSet<ObjectKey> _planned = [];

    public DisruptionController(World world)
    {
        _world = world;
        world.On(BuiltInTypes.PodDisruptionBudgets.Gvr, Reconcile);
    }

    private void Reconcile(ObjectKey key)
    {
        if (_world.Store.Get(BuiltInTypes.PodDisruptionBudgets.Gvr, key) is not { IsDeleting: false } item)
        {
            return;
        }

        DisruptionBudget.Of(_world.Store, item).WriteStatus();
        if (_planned.Add(key))
        {
            _world.After(
                TimeSpan.FromSeconds(3),
                () =>
                {
                    _planned.Remove(key);
                    Reconcile(key);
                }
            );
        }
    }
}
