using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulation.Cluster;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Consumers;

/// <summary>
/// A client with a cursor: reads, goes away, comes back to where it was; with several informers, to any of them, with
/// nothing but a revision.
/// </summary>
internal sealed class CursorConsumer(
    Witness witness,
    SimulationClock clock,
    Random random,
    IReadOnlyList<SharedInformer> informers,
    Truth truth
)
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
        var mayRepeat = false;
        ResourceVersion passed = default;
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
                    mayRepeat = false;
                    continue;
                }

                foreach (var delta in deltas)
                {
                    witness.Told(delta, mayRepeat, passed);
                }

                if (!IsSettled && random.Next(10) == 0)
                {
                    var (position, epoch, revision, lastChange, informer) = (
                        cursor.Position,
                        cursor.Epoch,
                        cursor.Revision,
                        cursor.Change,
                        at
                    );
                    await clock.Delay(
                        TimeSpan.FromSeconds(
                            random.NextDouble()
                                * (
                                    random.Next(4) == 0
                                        ? random.Next(4) == 0
                                            ? 600
                                            : 120
                                        : 5
                                )
                        ),
                        cancellationToken
                    );
                    at = informers[random.Next(informers.Count)];
                    await at.WhenSynced;
                    var isExact = ReferenceEquals(at, informer) && random.Next(2) == 0;
                    var resumed = isExact
                        ? at.Log.OpenAt(position, epoch, revision)
                        : await ResumeAsync(at, revision, lastChange, cancellationToken);
                    mayRepeat |= !isExact;
                    passed = isExact || passed.IsNewerThan(revision) ? passed : revision;
                    if (resumed is null)
                    {
                        mayRepeat = false;
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

    /// <summary>
    /// As a gateway does: a cursor that is ahead waits, unless the server itself is behind it; what cannot be proven
    /// begins again. Null for that.
    /// </summary>
    private async Task<DeltaCursor?> ResumeAsync(
        SharedInformer at,
        ResourceVersion revision,
        ChangeMark lastChange,
        CancellationToken cancellationToken
    )
    {
        while (!revision.IsNone && !lastChange.IsNone)
        {
            switch (at.Log.Resume(revision, lastChange))
            {
                case (ResumeOutcome.Opened, var cursor):
                    return cursor;
                case (ResumeOutcome.Ahead, _) when truth.Revision >= revision.Number:
                    // By the simulated clock alone: what wakes by way of the thread pool would not be the same again.
                    await clock.Delay(TimeSpan.FromSeconds(1), cancellationToken);
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private DeltaCursor Anew(SharedInformer at)
    {
        var (snapshot, cursor) = at.Log.OpenWithSnapshot();
        witness.Reset(snapshot);
        return cursor;
    }
}
