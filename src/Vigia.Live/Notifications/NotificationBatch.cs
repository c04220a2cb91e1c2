namespace Vigia.Live.Notifications;

/// <summary>
/// Wakes many streams on a few threads: each looks and writes there, one after the other, instead of being queued,
/// picked up and switched to.
/// </summary>
/// <remarks>
/// The turn of a stream must not block its thread; a turn that awaits continues later on another thread. A thread takes
/// a few streams at a time, so a slow one delays few.
/// </remarks>
internal static class NotificationBatch
{
    private const int Share = 8;

    // Fewer are not worth a second thread.
    private const int WorthSharing = 64;

    /// <summary>Ends when each of the signals was set and its waiter has had its turn.</summary>
    /// <param name="signals">Whom to wake.</param>
    /// <param name="tell">Receives the exception of a failed turn. The others have their turn all the same.</param>
    public static Task RunAsync(AsyncSignal[] signals, Action<Exception> tell)
    {
        var workers = Math.Min(Environment.ProcessorCount, signals.Length / WorthSharing);
        if (workers <= 1)
        {
            foreach (var signal in signals)
            {
                Wake(signal);
            }

            return Task.CompletedTask;
        }

        var next = 0;
        var others = new Task[workers - 1];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = Task.Run(Work);
        }

        Work();
        return Task.WhenAll(others);

        void Work()
        {
            for (int from; (from = Interlocked.Add(ref next, Share) - Share) < signals.Length; )
            {
                foreach (var signal in signals.AsSpan(from, Math.Min(Share, signals.Length - from)))
                {
                    Wake(signal);
                }
            }
        }

        void Wake(AsyncSignal signal)
        {
            try
            {
                signal.SetAndRun();
            }
            catch (Exception fault)
            {
                tell(fault);
            }
        }
    }
}
