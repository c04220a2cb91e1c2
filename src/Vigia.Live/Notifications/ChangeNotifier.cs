using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Vigia.Live.Notifications;

/// <summary>
/// One waiter for each thing that changes (a log, the set of clusters, a caller's rights), for all the streams that
/// care: a change wakes a thousand streams with a thousand flags set, not a thousand tasks awaited.
/// </summary>
/// <remarks>
/// Streams are notified in batches (<see cref="NotificationBatch"/>). A change after a quiet moment is notified at
/// once; under load the next batch waits as long as the last one took, so that each stream sends several changes with
/// one write. A stream or a source that fails is logged and does not affect the others. Thread-safe.
/// </remarks>
internal sealed partial class ChangeNotifier(TimeProvider time, ILogger logger)
{
    // A failing source is retried no sooner, so that one that always fails does not keep a processor busy.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<object, Notifier> _notifiers = new(ReferenceEqualityComparer.Instance);

    /// <summary>
    /// Sets <paramref name="signal"/> whenever <paramref name="source"/> changes, until the result is disposed.
    /// </summary>
    /// <param name="source">The source of changes; one waiter for each.</param>
    /// <param name="next">Gives the task that ends at the next change.</param>
    /// <param name="signal">Whom to wake.</param>
    public IDisposable Join(object source, Func<Task> next, AsyncSignal signal)
    {
        lock (_gate)
        {
            if (!_notifiers.TryGetValue(source, out var notifier))
            {
                _notifiers[source] = notifier = new Notifier(this, source, next, time);
            }

            return notifier.Add(signal);
        }
    }

    private void Leave(Notifier notifier, AsyncSignal signal)
    {
        lock (_gate)
        {
            if (notifier.Remove(signal))
            {
                _notifiers.Remove(notifier.Source);
                notifier.Dispose();
            }
        }
    }

    private void Tell(object source, Exception fault) => LogFault(source.GetType().Name, RetryAfter.TotalSeconds, fault);

    [LoggerMessage(
        3005,
        LogLevel.Error,
        "Notifying the streams of a {Source} failed; its other streams continue, retrying within {Seconds} "
            + "s. This is a bug in Vigia: please report it with this trace"
    )]
    private partial void LogFault(string source, double seconds, Exception fault);

    private sealed class Notifier : IDisposable
    {
        private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);
        private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

        private readonly ChangeNotifier _owner;
        private readonly TimeProvider _time;

        // With how often each joined: a socket has one signal for all its subscriptions, and several of them may read
        // the same source.
        private readonly Dictionary<AsyncSignal, int> _signals = [];
        private readonly CancellationTokenSource _stopping = new();
        private readonly Action<Exception> _tell;
        private AsyncSignal[]? _all;

        public Notifier(ChangeNotifier owner, object source, Func<Task> next, TimeProvider time)
        {
            (_owner, Source, _time) = (owner, source, time);
            _tell = fault => _owner.Tell(Source, fault);

            // Taken here, before any stream looks.
            var first = next();
            _ = Task.Run(() => RunAsync(first, next, _stopping.Token));
        }

        public object Source { get; }

        public IDisposable Add(AsyncSignal signal)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_signals, signal, out _)++;
            _all = null;
            return new Membership(this, signal);
        }

        public bool Remove(AsyncSignal signal)
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

                var pause = TimeSpan.Zero;
                try
                {
                    // The next task is taken before the streams look, so that nothing can slip in between.
                    var ended = change;
                    change = next();
                    pause = await WakeAsync();
                    if (ended.IsFaulted)
                    {
                        await ended;
                    }
                }
                catch (Exception fault)
                {
                    _owner.Tell(Source, fault);
                    pause = RetryAfter;
                }

                if (pause >= Shortest)
                {
                    await Task.Delay(pause, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        /// <summary>
        /// Notifies all. Returns how long to pause: as long as it took, so that under load half of the time is left for
        /// other work, and the next batch has several changes for each write.
        /// </summary>
        private async Task<TimeSpan> WakeAsync()
        {
            var began = _time.GetTimestamp();
            var signals = Snapshot();
            using (NotificationTracing.StartRound(signals.Length, _time))
            {
                await NotificationBatch.RunAsync(signals, _tell);
            }

            var took = _time.GetElapsedTime(began);
            return took < Longest ? took : Longest;
        }

        private AsyncSignal[] Snapshot()
        {
            lock (_owner._gate)
            {
                return _all ??= [.. _signals.Keys];
            }
        }

        private sealed class Membership(Notifier notifier, AsyncSignal signal) : IDisposable
        {
            private int _left;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _left, 1) == 0)
                {
                    notifier._owner.Leave(notifier, signal);
                }
            }
        }
    }
}
