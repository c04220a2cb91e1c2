using Vigia.Informers.Deltas;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Objects;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Consumers;

/// <summary>A client with a cursor: reads, goes away, comes back to where it was; with several informers, to any of them, with nothing but a revision.</summary>
internal sealed class CursorConsumer(Witness witness, SimulationClock clock, Random random, IReadOnlyList<SharedInformer> informers)
{
    public Witness Witness => witness;

    /// <summary>True once it need not go away any more.</summary>
    public bool IsSettled { get; set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var at = informers[0];
        await at.WhenSynced;
        var cursor = Anew(at);
        var deltas = new List<Delta>();
        var era = at.Log.Epoch;
        var mayRepeat = false;
        try
        {
            while (true)
            {
                var change = cursor.NextChange;
                cancellationToken.ThrowIfCancellationRequested();
                var reading = cursor.Read(deltas, random.Next(1, 20));
                if (reading == CursorReading.Reset)
                {
                    cursor = Anew(at);
                    (era, mayRepeat) = (at.Log.Epoch, false);
                    continue;
                }

                foreach (var delta in deltas)
                {
                    witness.Told(delta, mayRepeat);
                }

                if (!IsSettled && random.Next(10) == 0)
                {
                    var (position, epoch, revision, informer) = (cursor.Position, cursor.Epoch, cursor.Revision, at);
                    await clock.Delay(TimeSpan.FromSeconds(random.NextDouble() * (random.Next(4) == 0 ? 120 : 5)), cancellationToken);
                    at = informers[random.Next(informers.Count)];
                    await at.WhenSynced;
                    var isExact = ReferenceEquals(at, informer) && random.Next(2) == 0;
                    var resumed = isExact ? at.Log.OpenAt(position, epoch, revision) : ByRevision(at, revision, era);
                    mayRepeat |= !isExact;
                    if (resumed is null)
                    {
                        (era, mayRepeat) = (at.Log.Epoch, false);
                        cursor = Anew(at);
                    }
                    else
                    {
                        cursor = resumed;
                    }

                    continue;
                }

                if (reading == CursorReading.Nothing)
                {
                    await change;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    /// <summary>A revision means nothing across a restore that one informer has noticed and the other has not yet: nobody can know, so the client must not be judged by it.</summary>
    private static DeltaCursor? ByRevision(SharedInformer at, ResourceVersion revision, int era) => era == at.Log.Epoch ? at.Log.OpenAfter(revision) : null;

    private DeltaCursor Anew(SharedInformer at)
    {
        var (snapshot, cursor) = at.Log.OpenWithSnapshot();
        witness.Reset(snapshot);
        return cursor;
    }
}
