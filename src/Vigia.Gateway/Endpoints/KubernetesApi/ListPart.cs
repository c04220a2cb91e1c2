using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>A list, or a part of one (<c>limit</c>, <c>continue</c>), in the order of an API server: by namespace and name.</summary>
/// <param name="Objects">The objects.</param>
/// <param name="Remaining">How many more there are behind them.</param>
internal sealed record ListPart(List<RawObject> Objects, int Remaining)
{
    /// <summary>The part that begins behind an object, or at the start, and has at most so many; 0 for all.</summary>
    public static ListPart Of(IEnumerable<RawObject> objects, ObjectKey? after, long limit)
    {
        var behind = after is { } last ? objects.Where(o => o.Key > last) : objects;
        if (limit <= 0)
        {
            var all = behind.ToList();
            all.Sort(static (left, right) => left.Key.CompareTo(right.Key));
            return new(all, 0);
        }

        // The first of them, without putting the others in order: the last of those that are kept is on top.
        var (kept, count) = (new PriorityQueue<RawObject, ObjectKey>(Comparer<ObjectKey>.Create(static (left, right) => right.CompareTo(left))), 0);
        foreach (var o in behind)
        {
            count++;
            if (kept.Count < limit)
            {
                kept.Enqueue(o, o.Key);
            }
            else if (o.Key < kept.Peek().Key)
            {
                kept.EnqueueDequeue(o, o.Key);
            }
        }

        var part = new List<RawObject>(kept.Count);
        while (kept.TryDequeue(out var o, out _))
        {
            part.Add(o);
        }

        part.Reverse();
        return new(part, count - part.Count);
    }
}
