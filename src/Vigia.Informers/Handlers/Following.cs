using System.Runtime.CompilerServices;

namespace Vigia.Informers;

/// <summary>
/// An informer as a sequence, as an alternative to a handler: <c>await foreach (var step in
/// informer.FollowAsync(ct))</c>.
/// </summary>
public static class Following
{
    /// <summary>
    /// Follows an informer from now on: a snapshot, then what changes, and every change of its freshness.
    /// </summary>
    /// <remarks>
    /// <b>Guarantees.</b> Those of a cursor (<see cref="DeltaCursor"/>): a slow reader blocks nothing and receives the
    /// latest state of each object. Nothing is read ahead. The sequence ends when the informer stops; the token ends it
    /// with an <see cref="OperationCanceledException"/>. May be called any number of times, also before the informer
    /// starts.
    /// </remarks>
    public static async IAsyncEnumerable<InformerStep> FollowAsync(
        this SharedInformer informer,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(informer);
        ResetReason? reset = ResetReason.Start;
        var (snapshot, cursor) = informer.Log.OpenWithSnapshot();
        InformerStep? last = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // All of these before reading: what changes meanwhile ends the wait.
            var change = cursor.NextChange;
            var (hasSynced, freshness, stopped) = (informer.HasSynced, informer.Freshness, informer.IsStopped);
            var deltas = new List<Delta>();
            if (cursor.Read(deltas) == CursorReading.Reset)
            {
                reset = cursor.ResetReason;
                (snapshot, cursor) = informer.Log.OpenWithSnapshot();
                continue;
            }

            if (reset is not null || deltas.Count > 0 || last is null || last.HasSynced != hasSynced || last.Freshness != freshness)
            {
                last = new InformerStep(reset, reset is null ? ObjectSnapshot.Empty : snapshot, deltas, hasSynced, freshness);
                reset = null;
                yield return last;
                continue;
            }

            if (stopped)
            {
                yield break;
            }

            await change.WaitAsync(cancellationToken);
        }
    }
}
