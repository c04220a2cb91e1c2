using Microsoft.Extensions.Logging;

namespace Vigia.Simulator;

/// <summary>How the simulated API server is to behave. Immutable after start.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The loopback port; 0 (default) takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// True to serve TLS with a certificate created in-process, which enables HTTP/2. Default false: plain HTTP/1.1.
    /// </summary>
    public bool Tls { get; init; }

    /// <summary>Decides uids, generated names, and the faults that strike by chance. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The clock behind timestamps, timeouts and bookmarks. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The store; null for a new store with <see cref="History"/>.</summary>
    public ObjectStore? Store { get; init; }

    /// <summary>How much history a new store keeps for watches.</summary>
    public ObjectStoreOptions History { get; init; } = new();

    /// <summary>The interval of bookmarks. Default 30 s (the real server: about a minute).</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// True (default) to serve <c>sendInitialEvents=true</c>; false refuses it as a server before 1.32 does.
    /// </summary>
    public bool StreamingLists { get; init; } = true;

    /// <summary>
    /// True to answer lists and watches in protobuf if a client prefers it: of built-in kinds, and of metadata only.
    /// Default false: it costs more than JSON, in which objects are stored.
    /// </summary>
    public bool Protobuf { get; init; }

    /// <summary>
    /// True (default) to answer aggregated discovery; false leaves clients the older way, group by group.
    /// </summary>
    public bool AggregatedDiscovery { get; init; } = true;

    /// <summary>
    /// True to answer a watch from too old a revision with HTTP 410; false (default) with an ERROR event, as the real
    /// server does.
    /// </summary>
    public bool ExpiredAsHttpStatus { get; init; }

    /// <summary>
    /// The shape in which a revision that is yet to come is refused. Default that of servers since 1.18.6.
    /// </summary>
    public TooLargeForm TooLarge { get; init; }

    /// <summary>
    /// How a read of one object at exactly a compacted revision is refused. Default that of current servers.
    /// </summary>
    public CompactedReadForm CompactedRead { get; init; }

    /// <summary>The version in <c>/version</c>. Default <c>v1.32.4</c>.</summary>
    public string Version { get; init; } = "v1.32.4";

    /// <summary>Users in addition to the anonymous one.</summary>
    public IReadOnlyList<SimulatedUser> Users { get; init; } = [SimulatedUser.Admin, SimulatedUser.Limited];

    /// <summary>The rights of requests without a token. Default all; empty refuses them with 401.</summary>
    public IReadOnlyList<PolicyRule> AnonymousRules { get; init; } = [PolicyRule.Everything];

    /// <summary>
    /// The number of nodes in the cluster. Default 0: no controllers, as with a bare API server; objects change only
    /// when clients write them. From 1 on there are nodes with kubelets, a scheduler, and controllers of workloads: a
    /// Deployment creates pods, and they run.
    /// </summary>
    public int Nodes { get; init; }

    /// <summary>
    /// Called with the method and target of every request as received, before anything else; null for none. Must be
    /// quick and thread-safe.
    /// </summary>
    public Action<string, string>? OnRequest { get; init; }

    /// <summary>The logger factory; null for none.</summary>
    public ILoggerFactory? Logging { get; init; }
}
