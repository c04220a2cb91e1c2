using System.Runtime.CompilerServices;
using Vigia.Informers.Storing;

namespace Vigia.Gateway.Relations;

/// <summary>Finds what an object owns: an index by owners' uids, which a store gets when somebody first asks.</summary>
internal static class OwnerIndex
{
    private const string Name = "vigia.owner-uid";

    private static readonly ConditionalWeakTable<Store, object> Indexed = [];
    private static readonly Lock Gate = new();

    public static ObjectSnapshot Find(Store store, string uid)
    {
        if (!Indexed.TryGetValue(store, out _))
        {
            lock (Gate)
            {
                if (!Indexed.TryGetValue(store, out _))
                {
                    store.AddIndexer(Name, o => o.Owners.Select(owner => owner.Uid));
                    Indexed.Add(store, Name);
                }
            }
        }

        return store.ByIndex(Name, uid);
    }
}
