using System.Runtime.InteropServices;

namespace Vigia.Live.Notifications;

/// <summary>One waiter for each thing that changes (a log, the set of clusters, a caller's rights), for all the streams that care: a change wakes a thousand streams with a thousand flags set, not a thousand tasks awaited.</summary>
/// <remarks>
/// Streams are woken in rounds (<see cref="Round"/>). A change after a quiet moment wakes at once; under load the next round waits as long as the last one took, so that each stream takes several changes with one write. Safe on any
/// thread.
/// </remarks>
internal sealed class Wakers(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, Waker> _wakers = new(ReferenceEqualityComparer.Instance);

    /// <summary>Sets <paramref name="signal"/> whenever <paramref name="source"/> changes, until the result is disposed.</summary>
    /// <param name="source">What changes; one waiter for each.</param>
    /// <param name="next">Gives the task that ends at the next change.</param>
    /// <param name="signal">Whom to wake.</param>
    public IDisposable Join(object source, Func<Task> next, WakeSignal signal)
    {
        lock (_gate)
        {
            if (!_wakers.TryGetValue(source, out var waker))
            {
                _wakers[source] = waker = new Waker(this, source, next, time);
            }

            return waker.Add(signal);
        }
    }

    private void Leave(Waker waker, WakeSignal signal)
    {
        lock (_gate)
        {
            if (waker.Remove(signal))
            {
                _wakers.Remove(waker.Source);
                waker.Dispose();
            }
        }
    }

    private sealed class Waker : IDisposable
    {
        private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);
        private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

        private readonly Wakers _owner;
        private readonly TimeProvider _time;

        // With how often each joined: a socket has one signal for all its subscriptions, of which several may look at the same thing.
        private readonly Dictionary<WakeSignal, int> _signals = [];
        private readonly CancellationTokenSource _stopping = new();
        private WakeSignal[]? _all;

        public Waker(Wakers owner, object source, Func<Task> next, TimeProvider time)
        {
            (_owner, Source, _time) = (owner, source, time);

            // Taken here, before any stream looks.
            var first = next();
            _ = Task.Run(() => RunAsync(first, next, _stopping.Token));
        }

        public object Source { get; }

        public IDisposable Add(WakeSignal signal)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_signals, signal, out _)++;
            _all = null;
            return new Membership(this, signal);
        }

        public bool Remove(WakeSignal signal)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_signals, signal) == 0)
            {
                _signals.Remove(signal);
                _all = null;
            }

            return _signals.Count == 0;
        }

        public void Dispose()
        {
            _stopping.Cancel();
            _stopping.Dispose();
        }

        private async Task RunAsync(Task change, Func<Task> next, CancellationToken stopping)
        {
            while (true)
            {
                await change.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stopping.IsCancellationRequested)
                {
                    return;
                }

                // The next task is taken before the streams look, so that nothing can slip in between.
                change = next();
                var began = _time.GetTimestamp();
                var signals = Snapshot();
                using (RoundTracing.StartRound(signals.Length, _time))
                {
                    await Round.RunAsync(signals);
                }

                // As long as the round took, so that under load half of the time is left for everything else, and the next round finds several changes for each write.
                var pause = _time.GetElapsedTime(began);
                if (pause >= Shortest)
                {
                    await Task.Delay(pause < Longest ? pause : Longest, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        private WakeSignal[] Snapshot()
        {
            lock (_owner._gate)
            {
                return _all ??= [.. _signals.Keys];
            }
        }

        private sealed class Membership(Waker waker, WakeSignal signal) : IDisposable
        {
            private int _left;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _left, 1) == 0)
                {
                    waker._owner.Leave(waker, signal);
                }
            }
        }
    }
}
