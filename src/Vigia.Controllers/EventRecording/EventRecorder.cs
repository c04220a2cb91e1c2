using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Controllers.EventRecording;
using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>
/// Records Kubernetes events about objects, which <c>kubectl describe</c> shows under Events (client-go's
/// <c>EventRecorder</c>).
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> <see cref="Record"/> never waits and is thread-safe. A repeated event only raises the count; many
/// events that differ by message only become one; an object with too many events gets one every five minutes. Bounded
/// everywhere, and dropped events are counted.
/// </remarks>
public sealed partial class EventRecorder : IAsyncDisposable
{
    // A name is at most 253 letters; a dot and 16 of time follow.
    private const int LongestStem = 253 - 17;

    private readonly Lock _gate = new();
    private readonly IEventSink _sink;
    private readonly EventRecorderOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventCorrelator _correlator;
    private readonly Queue<RecordedEvent> _queue = new();
    private readonly Random _chance;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ending = new();
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private bool _disposed;
    private long _lastName;
    private long _given;
    private long _written;
    private long _suppressed;
    private long _failed;
    private long _dropped;

    /// <summary>Creates a recorder; nothing runs before the first event.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public EventRecorder(IEventSink sink, EventRecorderOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_sink, _options, _time) = (sink, options, time ?? TimeProvider.System);
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<EventRecorder>();
        _correlator = new EventCorrelator(options, _time);
        _chance = new Random(options.Seed);
    }

    /// <summary>The counts of events so far.</summary>
    public EventRecorderCounts Counts =>
        new(
            Interlocked.Read(ref _given),
            Interlocked.Read(ref _written),
            Interlocked.Read(ref _suppressed),
            Interlocked.Read(ref _failed),
            Interlocked.Read(ref _dropped)
        );

    /// <summary>Notes an event; it is written soon.</summary>
    /// <param name="subject">The object concerned.</param>
    /// <param name="type">Normal or Warning.</param>
    /// <param name="reason">A short word in UpperCamelCase that programs may switch on, at most 128 letters.</param>
    /// <param name="message">
    /// A sentence for people. Put nothing into it that differs each time, such as durations: the same event is counted,
    /// another is another.
    /// </param>
    /// <param name="annotations">Annotations of the Event; null for none.</param>
    /// <returns>False if it was dropped: the queue is full or the recorder disposed of.</returns>
    public bool Record(
        EventSubject subject,
        EventType type,
        string reason,
        string message,
        IReadOnlyDictionary<string, string>? annotations = null
    )
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentNullException.ThrowIfNull(message);
        Interlocked.Increment(ref _given);
        var now = _time.GetUtcNow();
        var recorded = new RecordedEvent
        {
            Name = NameFor(subject.Name, now),
            Namespace = subject.Namespace.Length == 0 ? "default" : subject.Namespace,
            Subject = subject,
            Type = type,
            Reason = reason,
            Message = Cut(message),
            First = now,
            Last = now,
            Component = _options.Component,
            Instance = _options.Instance,
            Annotations = annotations,
        };
        lock (_gate)
        {
            if (!_disposed && _queue.Count < _options.QueueLength)
            {
                _queue.Enqueue(recorded);
                if (!_isWriting)
                {
                    (_isWriting, _writing) = (true, WriteAllAsync());
                }

                return true;
            }
        }

        Drop();
        return false;
    }

    /// <summary>
    /// Writes queued events, each tried once, for at most <see cref="EventRecorderOptions.StopTimeout"/>; the rest is
    /// counted as dropped.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task writing;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            writing = _writing;
        }

        _stopping.Cancel();
        await using (
            _time.CreateTimer(
                static recorder => ((EventRecorder)recorder!).EndWriting(),
                this,
                _options.StopTimeout,
                Timeout.InfiniteTimeSpan
            )
        )
        {
            await writing;
        }

        _stopping.Dispose();
        _ending.Dispose();
    }

    /// <summary>
    /// The sink is the user's, and so are its callbacks on the token: on a timer's thread an exception would end the
    /// process.
    /// </summary>
    private void EndWriting()
    {
        try
        {
            _ending.Cancel();
        }
        catch (AggregateException thrown)
        {
            LogCallbackFailed(thrown);
        }
    }

    /// <summary>Runs while there is something to write: an idle recorder has no task.</summary>
    private async Task WriteAllAsync()
    {
        await Task.Yield();
        while (Next() is { } recorded)
        {
            if (_ending.IsCancellationRequested)
            {
                Drop();
            }
            else if (_correlator.Correlate(recorded) is { } correlated)
            {
                await WriteAsync(correlated.Event with { Message = Cut(correlated.Event.Message) }, correlated.Known);
            }
            else
            {
                Interlocked.Increment(ref _suppressed);
            }
        }
    }

    private RecordedEvent? Next()
    {
        lock (_gate)
        {
            _isWriting = _queue.TryDequeue(out var recorded);
            return recorded;
        }
    }

    private async Task WriteAsync(RecordedEvent recorded, EventCorrelator.Known known)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await WriteOnceAsync(recorded, known);
                Interlocked.Increment(ref _written);
                return;
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                Drop();
                return;
            }
            catch (KubernetesApiException refused) when (!refused.IsTransient)
            {
                Interlocked.Increment(ref _failed);

                if (refused.Status.Causes.Any(cause => cause.Reason == "NamespaceTerminating"))
                {
                    LogTooLate(recorded.Reason, recorded.Subject.ToString());
                }
                else
                {
                    LogRefused(refused, recorded.Reason, recorded.Subject.ToString(), refused.Message);
                }

                return;
            }
            catch (Exception error)
            {
                if (tries == _options.Tries || _stopping.IsCancellationRequested)
                {
                    Interlocked.Increment(ref _failed);
                    LogGivenUp(error, recorded.Reason, recorded.Subject.ToString(), tries, error.Message);
                    return;
                }

                LogRetrying(error, recorded.Reason, recorded.Subject.ToString(), tries, error.Message);
            }

            // Cut short when the recorder stops: then there is one more try.
            var pause = tries == 1 ? _options.RetryPause * _chance.NextDouble() : _options.RetryPause;
            await Task.Delay(pause, _time, _stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task WriteOnceAsync(RecordedEvent recorded, EventCorrelator.Known known)
    {
        if (known.IsWritten)
        {
            try
            {
                await _sink.PatchAsync(recorded, _ending.Token);
                return;
            }
            catch (KubernetesApiException gone) when (gone.IsNotFound)
            {
                // Servers drop events after an hour: it is created again, with its previous count.
                known.IsWritten = false;
            }
        }

        try
        {
            await _sink.CreateAsync(recorded, _ending.Token);
        }
        catch (KubernetesApiException there) when (there.IsConflict)
        {
            // An earlier try was carried out and only its answer lost: names are used once.
        }

        known.IsWritten = true;
    }

    private void Drop()
    {
        var dropped = Interlocked.Increment(ref _dropped);

        // One line a thousand: what floods the queue must not flood the log.
        if (dropped % 1000 == 1)
        {
            LogDropped(dropped, _options.QueueLength);
        }
    }

    /// <summary>
    /// The subject's name and the time in nanoseconds, as in client-go; never the same twice, and valid for any
    /// subject.
    /// </summary>
    private string NameFor(string subject, DateTimeOffset now)
    {
        long ticks;
        lock (_gate)
        {
            _lastName = ticks = Math.Max(_lastName + 1, (now - DateTimeOffset.UnixEpoch).Ticks);
        }

        Span<char> stem = stackalloc char[Math.Min(subject.Length, LongestStem)];
        for (var i = 0; i < stem.Length; i++)
        {
            stem[i] =
                char.ToLowerInvariant(subject[i]) is var letter
                && (char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-')
                    ? letter
                    : '-';
        }

        var trimmed = stem.Trim(".-");
        return string.Create(CultureInfo.InvariantCulture, $"{(trimmed.IsEmpty ? "event" : trimmed)}.{ticks * 100:x}");
    }

    private string Cut(string message)
    {
        if (message.Length <= _options.MessageLength)
        {
            return message;
        }

        var end = _options.MessageLength - 1;
        return string.Concat(message.AsSpan(0, end > 0 && char.IsHighSurrogate(message[end - 1]) ? end - 1 : end), "…");
    }

    [LoggerMessage(
        2125,
        LogLevel.Error,
        "A callback of the event sink on its cancellation token threw; writing was cancelled all the same"
    )]
    private partial void LogCallbackFailed(Exception error);

    [LoggerMessage(2120, LogLevel.Warning, "Event {Reason} about {Subject} refused by the server: {Message}")]
    private partial void LogRefused(Exception error, string reason, string subject, string message);

    [LoggerMessage(2121, LogLevel.Warning, "Event {Reason} about {Subject} dropped after {Tries} tries: {Message}")]
    private partial void LogGivenUp(Exception error, string reason, string subject, int tries, string message);

    [LoggerMessage(2122, LogLevel.Debug, "Event {Reason} about {Subject} not written by try {Tries}; retrying: {Message}")]
    private partial void LogRetrying(Exception error, string reason, string subject, int tries, string message);

    [LoggerMessage(2123, LogLevel.Warning, "{Dropped} events dropped so far: {Length} are already waiting, or the recorder has stopped")]
    private partial void LogDropped(long dropped, int length);

    [LoggerMessage(2124, LogLevel.Debug, "Event {Reason} about {Subject} refused: its namespace is being deleted")]
    private partial void LogTooLate(string reason, string subject);
}
