using Vigia.Gateway.Hosting;
using Vigia.Informers;

namespace Vigia.Gateway.Configuration;

/// <summary><c>informers</c>: listing, watching, backing off, and how much is remembered.</summary>
internal static class InformersSection
{
    public static SharedInformerOptions Read(SectionReader section)
    {
        var (reflector, log, absent) = (new ReflectorOptions(), new DeltaLogOptions(), new BackoffOptions());
        var (least, most) = (TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        var (backoff, kept) = (
            section.Section("backoff", "Waits after failures, and the circuit breaker of each resource."),
            section.Section("log", "How many changes are kept for clients that come back.")
        );
        var waits = new BackoffOptions
        {
            First = backoff.Duration(
                "first",
                absent.First,
                least,
                most,
                "The first wait. It doubles with every failure in a row; a random part of up to the same length is added."
            ),
            Longest = backoff.Duration(
                "longest",
                absent.Longest,
                least,
                most,
                "The longest wait before the random part, and the interval of probes while the circuit is open."
            ),
            Quiet = backoff.Duration(
                "quiet",
                absent.Quiet,
                least,
                TimeSpan.FromDays(1),
                "After this time without a failure, waits start at the first again."
            ),
            CircuitThreshold = backoff.Count(
                "circuit",
                absent.CircuitThreshold,
                1,
                1000,
                "Failures in a row after which the circuit opens and the state is failing."
            ),
        };
        if (waits.Longest < waits.First)
        {
            backoff.Fault("longest", $"it is shorter than first, {DurationText.Of(waits.First)}");
        }

        backoff.Finish();
        var (audit, audits) = (
            new AuditOptions(),
            section.Section(
                "audit",
                "Comparing the cache with the server's lists, byte by byte. Differences are logged, counted and repaired."
            )
        );
        var options = new SharedInformerOptions
        {
            Reflector = new ReflectorOptions
            {
                Backoff = waits,
                PageSize = section.Count(
                    "pageSize",
                    reflector.PageSize,
                    1,
                    100_000,
                    "Items per page of a list, if the server supports pages."
                ),
                MinWatchTimeout = section.Duration(
                    "watchTimeout",
                    reflector.MinWatchTimeout,
                    TimeSpan.FromSeconds(1),
                    TimeSpan.FromHours(24),
                    "The shortest timeout of a watch; the longest is twice that."
                ),
                StreamingList = section.Flag(
                    "streamingList",
                    reflector.StreamingList,
                    "Whether the first list is a streaming list (Kubernetes 1.32 and later)."
                ),
                StreamingListPatience = section.Duration(
                    "streamingListPatience",
                    reflector.StreamingListPatience,
                    least,
                    most,
                    "How long a streaming list may be silent before a plain list replaces it."
                ),
                AnswerPatience = section.Duration(
                    "answerPatience",
                    reflector.AnswerPatience,
                    least,
                    most,
                    "How long the request for a watch may go unanswered before the cache is stale."
                ),
                ProofPatience = section.Duration(
                    "proofPatience",
                    reflector.ProofPatience,
                    least,
                    most,
                    "How long a new watch may be silent before the server's revision is checked once, in case the server was "
                        + "restored to an older state."
                ),
                WatchGrace = section.Duration(
                    "watchGrace",
                    reflector.WatchGrace,
                    least,
                    most,
                    "How long after its timeout a silent watch is treated as dead."
                ),
                SilenceLimit = section.Duration(
                    "silenceLimit",
                    reflector.SilenceLimit,
                    TimeSpan.Zero,
                    TimeSpan.FromDays(1),
                    "How long a watch may have neither an event nor a bookmark before it is reopened, if the server sends bookmarks. "
                        + "0s for no limit."
                ),
                BatchSize = section.Count("batchSize", reflector.BatchSize, 1, 100_000, "The largest number of events applied at once."),
            },
            Audit = new AuditOptions
            {
                // The library audits on demand; a gateway is responsible for what it shows.
                Period = audits.Duration(
                    "period",
                    TimeSpan.FromMinutes(10),
                    TimeSpan.Zero,
                    TimeSpan.FromDays(7),
                    "How often each resource is audited, a quarter earlier or later at random; 0s for never. Each audit lists everything."
                ),
                Patience = audits.Duration(
                    "patience",
                    audit.Patience,
                    TimeSpan.FromSeconds(1),
                    most,
                    "How long to wait for an object that seems to differ before it is reported."
                ),
            },
            Log = new DeltaLogOptions
            {
                Capacity = kept.Count("capacity", log.Capacity, 16, 10_000_000, "Changes kept per resource."),
                MaxBytes = kept.Number(
                    "maxBytes",
                    log.MaxBytes,
                    1 << 16,
                    1L << 40,
                    "Approximate bytes of object versions that these changes keep."
                ),
                MaxAge = kept.Duration(
                    "maxAge",
                    GatewayOptions.History,
                    TimeSpan.Zero,
                    TimeSpan.FromDays(1),
                    "How far back a client can resume. Older cursors get reset, older resourceVersions 410. "
                        + "0s for no limit: then a caller who gets a right today can read earlier changes and deletions."
                ),
                Tombstones = kept.Count("tombstones", log.Tombstones, 16, 10_000_000, "Deletions remembered without their objects."),
            },
        };
        audits.Finish();
        kept.Finish();
        section.Finish();
        return options;
    }
}
