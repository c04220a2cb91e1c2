using System.Buffers;
using Vigia.Informers;
using Vigia.Informers.Caching;
using Vigia.Kubernetes;

namespace Vigia.Simulation.Consumers;

/// <summary>
/// A user's code as it should not be: index functions that throw, lie and never end, a transform that throws, a handler
/// that re-enters whatever it can reach.
/// </summary>
/// <remarks>
/// It draws from a random generator of its own, so that it changes nothing of what a seed does otherwise.
/// </remarks>
internal sealed class HostileCode(Random random, Action<string> accuse)
{
    private const string ByLabel = "tier";
    private const string Bad = "bad";

    private readonly List<SharedInformer> _informers = [];

    // Exceptions are what costs most in a run: half of the runs have index functions that misbehave often, the others
    // rarely.
    private readonly int _temper = random.Next(2) == 0 ? 20 : 200;

    /// <summary>True where this run's transform fails for some versions.</summary>
    public bool HasTransform { get; } = random.Next(4) == 0;

    /// <summary>
    /// True where the transform fails for a version: what is held of it is its metadata and the reason.
    /// </summary>
    public bool Spoils(ulong revision) => HasTransform && revision % 5 == 0;

    /// <summary>The transform, if this run has one.</summary>
    public ObjectTransform? Transform => HasTransform ? Spoil : null;

    /// <summary>Gives an informer a good index, and bad ones.</summary>
    public void AddIndexes(SharedInformer informer)
    {
        _informers.Add(informer);
        informer.Store.AddIndexer(ByLabel, static o => o.Labels.TryGetValue("tier", out var tier) ? [tier] : []);
        informer.Store.AddIndexer(Bad, o => Misbehave(informer, o));
    }

    /// <summary>At the end the good index is right, and the bad one holds nothing that is not there.</summary>
    public void CheckEnd()
    {
        foreach (var informer in _informers)
        {
            var held = informer.Store.List();
            foreach (var fault in StoreCheck.FaultsOf(informer.Store, random))
            {
                accuse(fault);
            }

            foreach (var group in held.GroupBy(o => o.Labels.TryGetValue("tier", out var tier) ? tier : ""))
            {
                if (
                    group.Key.Length > 0
                    && !group.Select(o => o.Key).ToHashSet().SetEquals(informer.Store.ByIndex(ByLabel, group.Key).Select(o => o.Key))
                )
                {
                    accuse($"the index by {ByLabel} is wrong for {group.Key}");
                }
            }

            foreach (var value in informer.Store.IndexValues(Bad))
            {
                foreach (var o in informer.Store.ByIndex(Bad, value))
                {
                    if (!ReferenceEquals(informer.Store.Get(o.Key), o))
                    {
                        accuse($"the index of a function that misbehaves holds {o}, which the store does not");
                    }
                }
            }

            if (held.Select(o => o.Key).Distinct().Count() != held.Count)
            {
                accuse("an object is in the list twice");
            }
        }
    }

    /// <summary>What a handler may do with an informer while it is called.</summary>
    public void Reenter(SharedInformer informer)
    {
        switch (random.Next(12))
        {
            case 0:
                _ = informer.Status;
                break;
            case 1:
                // Not RetryNow: it wakes by way of the thread pool, which the simulated time does not wait for.
                _ = informer.Freshness;
                break;
            case 2:
                informer.Start();
                break;
            case 3:
                _ = informer.Log.Open().Read([]);
                break;
            case 4:
                _ = informer.Store.IndexValues(Bad).ToArray();
                break;
            case 5:
                var late = informer.AddHandler(new ResourceEventHandlerFuncs());
                _ = late.DisposeAsync().AsTask();
                break;
        }
    }

    private IEnumerable<string> Misbehave(SharedInformer informer, RawObject o)
    {
        switch (random.Next(_temper))
        {
            case 0:
                throw new InvalidOperationException("an index function that throws");
            case 1:
                return Endless();
            case 2:
                return null!;
            case 3:
                return [null!, "x", "x"];
            case 4:
                informer.Store.AddIndexer($"more-{random.Next()}", static _ => []);
                return [];
            case 5:
                return Late();
            default:
                return [$"v{random.Next(3)}", o.Name];
        }

        static IEnumerable<string> Endless()
        {
            for (var i = 0; ; i++)
            {
                yield return i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        static IEnumerable<string> Late()
        {
            yield return "y";
            throw new InvalidOperationException("an index function that throws late");
        }
    }

    private void Spoil(RawObject item, IBufferWriter<byte> keep)
    {
        if (!Spoils(item.ResourceVersion.Number))
        {
            return;
        }

        if (item.ResourceVersion.Number % 2 == 0)
        {
            throw new InvalidOperationException("a transform that throws");
        }

        // No object at all.
        keep.Write("{\"kind\":"u8);
    }
}
