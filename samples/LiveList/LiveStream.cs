using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Vigia.Informers;

namespace LiveList;

/// <summary>
/// The informer as a browser is told of it. A browser that reads slowly holds up nobody, and is given the latest state
/// of each pod.
/// </summary>
internal static class LiveStream
{
    public static async IAsyncEnumerable<SseItem<LiveUpdate>> Of(
        SharedInformer pods,
        CancellationToken left,
        CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left, stopping, cancellationToken);
        await using var steps = pods.FollowAsync(either.Token).GetAsyncEnumerator(either.Token);
        while (await NextAsync(steps, either.Token))
        {
            var step = steps.Current;
            var put = new Dictionary<string, PodRow>(StringComparer.Ordinal);
            var removed = new HashSet<string>(StringComparer.Ordinal);
            foreach (var pod in step.Snapshot)
            {
                put[pod.Key.ToString()] = PodRow.Of(pod);
            }

            foreach (var delta in step.Deltas)
            {
                var key = delta.Object.Key.ToString();
                if (delta.Kind == DeltaKind.Deleted)
                {
                    put.Remove(key);
                    removed.Add(key);
                }
                else
                {
                    put[key] = PodRow.Of(delta.New!);
                    removed.Remove(key);
                }
            }

            yield return new SseItem<LiveUpdate>(
                new([.. put.Values], [.. removed], step.HasSynced, step.Freshness),
                step.Reset is null ? "change" : "reset"
            );
        }
    }

    /// <summary>A browser that left, and an application that stops, end the stream without an error.</summary>
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<InformerStep> steps, CancellationToken cancellationToken)
    {
        try
        {
            return await steps.MoveNextAsync();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
