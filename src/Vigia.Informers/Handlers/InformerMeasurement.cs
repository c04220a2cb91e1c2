namespace Vigia.Informers;

/// <summary>A measurement of an informer, with the name of its metric.</summary>
/// <param name="Name">The metric's name: client-go's if it has one.</param>
/// <param name="IsCounter">True if it only goes up.</param>
/// <param name="Help">Its description, in a sentence.</param>
/// <param name="Read">Reads the value from an informer and its status, at a time; NaN if there is none yet.</param>
public sealed record InformerMeasurement(
    string Name,
    bool IsCounter,
    string Help,
    Func<SharedInformer, InformerStatus, DateTimeOffset, double> Read
)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<InformerMeasurement> All { get; } =
    [
        Counter(
            "reflector_lists_total",
            "Lists that were started; 1 for a resource that was never relisted.",
            static (_, status) => status.Lists
        ),
        Counter(
            "vigia_informer_relists_total",
            "Relists: each fills a gap from a list.",
            static (_, status) => Math.Max(0, status.Lists - 1)
        ),
        Counter("reflector_watches_total", "Watches that were established.", static (_, status) => status.Watches),
        Counter(
            "vigia_informer_retries_total",
            "List and watch requests that failed and were retried.",
            static (_, status) => status.Retries
        ),
        Gauge("vigia_informer_failures", "List and watch requests that failed in a row.", static (_, status) => status.Failures),
        Gauge("vigia_informer_synced", "1 once the first list is complete, else 0.", static (_, status) => status.HasSynced ? 1 : 0),
        Gauge(
            "vigia_informer_live",
            "1 while the cache is live, 0 while it may be stale.",
            static (_, status) => status.Freshness.IsLive ? 1 : 0
        ),
        new(
            "vigia_informer_stale_seconds",
            false,
            "How long the cache may have been stale; 0 while it is live.",
            static (_, status, now) => status.Freshness.IsLive ? 0 : Math.Max(0, (now - status.Freshness.Since).TotalSeconds)
        ),
        Gauge("vigia_informer_objects", "Objects in the cache.", static (_, status) => status.Objects),
        Gauge(
            "vigia_informer_last_event_timestamp_seconds",
            "When the last event was read, in seconds since 1970.",
            static (_, status) => Seconds(status.LastEvent)
        ),
        Gauge(
            "vigia_informer_last_bookmark_timestamp_seconds",
            "When the last bookmark was read, in seconds since 1970.",
            static (_, status) => Seconds(status.LastBookmark)
        ),
        Gauge(
            "vigia_informer_last_list_timestamp_seconds",
            "When the last list was complete, in seconds since 1970.",
            static (_, status) => Seconds(status.LastList)
        ),
        Counter(
            "vigia_informer_stale_reads_total",
            "Object versions that were refused because the cache had a newer one.",
            static (informer, _) => informer.Counters.StaleReads
        ),
        Counter(
            "vigia_informer_undecodable_total",
            "Events and lists that could not be read.",
            static (informer, _) => informer.Counters.Undecodable
        ),
        Counter(
            "vigia_informer_resets_total",
            "Number of times that the API server was found restored to an older state.",
            static (informer, _) => informer.Counters.Resets
        ),
        Counter(
            "vigia_informer_silences_total",
            "Watches that were reopened because neither an event nor a bookmark arrived.",
            static (informer, _) => informer.Counters.Silences
        ),
        Counter(
            "vigia_informer_handler_failures_total",
            "Calls of handlers that threw.",
            static (informer, _) => informer.Counters.HandlerFailures
        ),
        Counter(
            "vigia_informer_index_failures_total",
            "Calls of index functions that threw.",
            static (informer, _) => informer.Counters.IndexFailures
        ),
        Counter(
            "vigia_informer_transform_failures_total",
            "Objects whose transform failed.",
            static (informer, _) => informer.Counters.TransformFailures
        ),
        Counter(
            "vigia_informer_audits_total",
            "Audits of the cache against the server with a verdict.",
            static (informer, _) => informer.Counters.Audits
        ),
        Counter(
            "vigia_informer_audit_differences_total",
            "Differences between cache and server that an audit found: alert on any.",
            static (informer, _) => informer.Counters.AuditDifferences
        ),
        Counter(
            "vigia_informer_audits_late_total",
            "Audits that found the cache behind the server although it was live.",
            static (informer, _) => informer.Counters.LateAudits
        ),
        Counter(
            "vigia_informer_audits_incomplete_total",
            "Audits without a verdict.",
            static (informer, _) => informer.Counters.IncompleteAudits
        ),
        Counter(
            "vigia_informer_store_faults_total",
            "Inconsistencies within the store that an audit found, such as an object missing in an index: alert on any.",
            static (informer, _) => informer.Counters.StoreFaults
        ),
        Counter("vigia_log_deltas_total", "Changes that were appended to the log.", static (informer, _) => informer.Log.Appended),
        Gauge(
            "vigia_log_deltas_kept",
            "Changes that the log keeps for streams that lag or resume.",
            static (informer, _) => informer.Log.Kept
        ),
        Counter(
            "vigia_log_catch_ups_total",
            "Streams and handlers that fell behind the log and were caught up from the store.",
            static (informer, _) => informer.Log.CatchUps
        ),
    ];

    private static InformerMeasurement Counter(string name, string help, Func<SharedInformer, InformerStatus, double> read) =>
        new(name, true, help, (informer, status, _) => read(informer, status));

    private static InformerMeasurement Gauge(string name, string help, Func<SharedInformer, InformerStatus, double> read) =>
        new(name, false, help, (informer, status, _) => read(informer, status));

    // A time that has not occurred yet has no series, rather than 1970.
    private static double Seconds(DateTimeOffset? time) => time is { } t ? t.ToUnixTimeMilliseconds() / 1000d : double.NaN;
}
