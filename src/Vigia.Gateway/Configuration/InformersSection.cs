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
            section.Section("log", "How many changes are remembered for those who come back.")
        );
        var waits = new BackoffOptions
        {
            First = backoff.Duration(
                "first",
                absent.First,
                least,
                most,
                "The first wait, doubled with every failure in a row, each with up to as much again at random."
            ),
            Longest = backoff.Duration(
                "longest",
                absent.Longest,
                least,
                most,
                "The longest wait before the random part; the pace of the single probe while the circuit is open."
            ),
            Quiet = backoff.Duration(
                "quiet",
                absent.Quiet,
                least,
                TimeSpan.FromDays(1),
                "After so long without a failure waits begin at the first again."
            ),
            CircuitThreshold = backoff.Count(
                "circuit",
                absent.CircuitThreshold,
                1,
                1000,
                "Failures in a row after which the circuit is open and the state is failing."
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
                "Comparing what is held with what the server lists, to the byte: what differs is logged, counted and repaired."
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
                    "Items a page of a list, where the server gives pages."
                ),
                MinWatchTimeout = section.Duration(
                    "watchTimeout",
                    reflector.MinWatchTimeout,
                    TimeSpan.FromSeconds(1),
                    TimeSpan.FromHours(24),
                    "The shortest time after which the server is asked to end a watch; the longest is twice that."
                ),
                StreamingList = section.Flag(
                    "streamingList",
                    reflector.StreamingList,
                    "Whether the first list is a streaming one (Kubernetes 1.32 and later)."
                ),
                StreamingListPatience = section.Duration(
                    "streamingListPatience",
                    reflector.StreamingListPatience,
                    least,
                    most,
                    "How long a streaming list may be silent before a plain one is made instead."
                ),
                AnswerPatience = section.Duration(
                    "answerPatience",
                    reflector.AnswerPatience,
                    least,
                    most,
                    "How long the opening of a watch may go unanswered before what is held is called stale."
                ),
                ProofPatience = section.Duration(
                    "proofPatience",
                    reflector.ProofPatience,
                    least,
                    most,
                    "How long a new watch may be silent before the server's revision is asked for, once: a server restored to an older "
                        + "state says nothing by itself."
                ),
                WatchGrace = section.Duration(
                    "watchGrace",
                    reflector.WatchGrace,
                    least,
                    most,
                    "How long after its own timeout a silent watch is taken for dead."
                ),
                SilenceLimit = section.Duration(
                    "silenceLimit",
                    reflector.SilenceLimit,
                    TimeSpan.Zero,
                    TimeSpan.FromDays(1),
                    "How long a watch may bring neither an event nor a bookmark, on a server that sends bookmarks, before it is opened "
                        + "again; 0s for ever."
                ),
                BatchSize = section.Count("batchSize", reflector.BatchSize, 1, 100_000, "Events applied at once at most."),
            },
            Audit = new AuditOptions
            {
                // The library audits when it is asked to; a gateway answers for what it shows.
                Period = audits.Duration(
                    "period",
                    TimeSpan.FromMinutes(10),
                    TimeSpan.Zero,
                    TimeSpan.FromDays(7),
                    "How often each resource is audited, a quarter earlier or later at random; 0s for never. Each costs the server a list "
                        + "of everything."
                ),
                Patience = audits.Duration(
                    "patience",
                    audit.Patience,
                    TimeSpan.FromSeconds(1),
                    most,
                    "How long an object that seems to differ is waited for before it is said to differ."
                ),
            },
            Log = new DeltaLogOptions
            {
                Capacity = kept.Count("capacity", log.Capacity, 16, 10_000_000, "Changes kept for each resource."),
                MaxBytes = kept.Number("maxBytes", log.MaxBytes, 1 << 16, 1L << 40, "Bytes of object versions kept alive by them, about."),
                MaxAge = kept.Duration(
                    "maxAge",
                    GatewayOptions.History,
                    TimeSpan.Zero,
                    TimeSpan.FromDays(1),
                    "How far back a client may come and be told each step since; older cursors get reset, older resourceVersions 410. 0s "
                        + "for no limit: then whoever is given a right today can read what was changed and deleted before."
                ),
                Tombstones = kept.Count("tombstones", log.Tombstones, 16, 10_000_000, "Deletions remembered, without their objects."),
            },
        };
        audits.Finish();
        kept.Finish();
        section.Finish();
        return options;
    }
}
