namespace Vigia.Controllers.EventRecording;

/// <summary>
/// Decides how an event is recorded: aggregated with events that differ in the message only, counted as a repetition,
/// or dropped by the object's rate limit. Not thread-safe.
/// </summary>
/// <remarks>
/// The order is client-go's: aggregating, counting, filtering. So a dropped event is counted all the same.
/// </remarks>
internal sealed class EventCorrelator(EventRecorderOptions options, TimeProvider time)
{
    private const string FoldedPrefix = "(combined from similar events): ";

    private readonly LruCache<GroupKey, Group> _groups = new(options.CacheSize);
    private readonly LruCache<EventKey, Known> _known = new(options.CacheSize);
    private readonly LruCache<EventSubject, Bucket> _buckets = new(options.CacheSize);

    /// <summary>The event to write, with its record; null if it is dropped.</summary>
    public (RecordedEvent Event, Known Known)? Correlate(RecordedEvent recorded)
    {
        var (subject, now) = (recorded.Subject with { ResourceVersion = "" }, time.GetTimestamp());
        var key = new EventKey(subject, recorded.Type, recorded.Reason, recorded.Message);
        var group = _groups.GetOrAdd(new GroupKey(subject with { FieldPath = "" }, recorded.Type, recorded.Reason), () => new Group());
        if (group.Add(recorded.Message, now, time, options))
        {
            recorded = recorded with { Message = FoldedPrefix + recorded.Message };
            key = key with { Subject = subject with { FieldPath = "" }, Message = null };
        }

        var known = _known.GetOrAdd(key, () => new Known(recorded.Name, recorded.First));
        known.Count++;
        var passes = _buckets.GetOrAdd(subject with { FieldPath = "" }, () => new Bucket(options.Burst, now)).TryTake(now, time, options);
        return passes ? (recorded with { Name = known.Name, First = known.First, Count = known.Count }, known) : null;
    }

    /// <summary>An event that may be repeated.</summary>
    internal sealed class Known(string name, DateTimeOffset first)
    {
        public string Name { get; } = name;

        public DateTimeOffset First { get; } = first;

        public int Count { get; set; }

        /// <summary>True once the server has it.</summary>
        public bool IsWritten { get; set; }
    }

    private readonly record struct GroupKey(EventSubject Subject, EventType Type, string Reason);

    /// <summary>A null message marks the combined event.</summary>
    private readonly record struct EventKey(EventSubject Subject, EventType Type, string Reason, string? Message);

    /// <summary>Messages with the same reason about the same object.</summary>
    private sealed class Group
    {
        private readonly HashSet<string> _messages = new(StringComparer.Ordinal);
        private long _last;

        /// <summary>True if there are too many similar events for a separate one.</summary>
        public bool Add(string message, long now, TimeProvider time, EventRecorderOptions options)
        {
            if (time.GetElapsedTime(_last, now) > options.FoldingInterval)
            {
                _messages.Clear();
            }

            _last = now;
            if (_messages.Count >= options.SimilarBeforeFolding - 1 && !_messages.Contains(message))
            {
                return true;
            }

            _messages.Add(message);
            return false;
        }
    }

    /// <summary>
    /// Tokens for one object; each takes <see cref="EventRecorderOptions.RefillInterval"/> to come back.
    /// </summary>
    private sealed class Bucket(double tokens, long since)
    {
        private double _tokens = tokens;
        private long _since = since;

        public bool TryTake(long now, TimeProvider time, EventRecorderOptions options)
        {
            _tokens = Math.Min(options.Burst, _tokens + (time.GetElapsedTime(_since, now) / options.RefillInterval));
            _since = now;
            if (_tokens < 1)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }
}
