using Vigia.Gateway.Http;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// A list, or a part of one (<c>limit</c>, <c>continue</c>), in the order of an API server: by namespace and name.
/// </summary>
/// <param name="Objects">The objects.</param>
/// <param name="Remaining">The number of objects after them.</param>
internal sealed record ListPart(List<RawObject> Objects, int Remaining)
{
    /// <summary>The part that begins behind an object, or at the start, and has at most so many; 0 for all.</summary>
    public static ListPart Of(IEnumerable<RawObject> objects, ObjectKey? after, long limit)
    {
        var first = new FirstOf<RawObject>(limit > 0 ? limit : int.MaxValue, static (left, right) => left.Key.CompareTo(right.Key));
        foreach (var o in objects)
        {
            if (after is not { } last || o.Key > last)
            {
                first.Offer(o);
            }
        }

        var part = first.Take();
        return new(part, first.Offered - part.Count);
    }
}
