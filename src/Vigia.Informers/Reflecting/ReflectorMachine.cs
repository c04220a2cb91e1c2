namespace Vigia.Informers;

/// <summary>
/// The transitions of a reflector: pure, so that the protocol can be read and tested without a server.
/// </summary>
public static class ReflectorMachine
{
    /// <summary>
    /// The first wait; client-go's <c>reflector.go</c>: 800 ms, doubled up to 30 s, each with up to as much again at
    /// random.
    /// </summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(800);

    /// <summary>The longest wait before jitter.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>After this time without a failure the waits start at the first again.</summary>
    public static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Failures in a row after which the state says failing (the circuit is open): from here on one probe at the
    /// longest interval.
    /// </summary>
    public const int CircuitThreshold = 5;

    /// <summary>The state after <paramref name="state"/> ended in <paramref name="outcome"/>.</summary>
    /// <param name="state">The state whose request ended.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="jitter">A random number in [0, 1).</param>
    /// <param name="backoff">How long to wait; null for the defaults.</param>
    public static ReflectorState Next(ReflectorState state, ReflectorOutcome outcome, double jitter, BackoffOptions? backoff = null)
    {
        backoff ??= BackoffOptions.Default;
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(outcome);
        return outcome.Ending switch
        {
            // 1. The normal course: list, watch, watch again from the last revision, without a wait and without a list.
            // A list alone does not end a row of failures: a server that answers lists and refuses every watch would be
            // listed in a tight loop, and would count as live between two refusals.
            ReflectorEnding.Done => state with
            {
                Phase = ReflectorPhase.Watch,
                Source = ListSource.Cache,
                Wait = TimeSpan.Zero,
                IsDenied = false,
            },
            ReflectorEnding.Completed => new(ReflectorPhase.Watch, BackoffSteps: state.BackoffSteps, Relists: state.Relists),

            // 2. The revision is too old. Relist at the last seen revision; only if that is refused too, use a
            // consistent read: a direct jump would send every client to etcd at once.
            ReflectorEnding.Expired when state.Phase is ReflectorPhase.Watch or ReflectorPhase.Probe => At(
                state,
                ReflectorPhase.List,
                ListSource.NotOlderThanSeen,
                outcome,
                jitter,
                backoff,
                atOnce: state.Relists == 0
            ),
            ReflectorEnding.Expired when state.Source is ListSource.Cache or ListSource.NotOlderThanSeen => At(
                state,
                ReflectorPhase.List,
                ListSource.Fresh,
                outcome,
                jitter,
                backoff,
                atOnce: true
            ),

            // 3. The server was restored: everything is relisted and every consumer is reset.
            ReflectorEnding.WentBack when state.Phase == ReflectorPhase.Watch => At(
                state,
                ReflectorPhase.Probe,
                ListSource.NotOlderThanSeen,
                outcome,
                jitter,
                backoff,
                atOnce: state.Failures == 0
            ),
            ReflectorEnding.WentBack => At(state, ReflectorPhase.List, ListSource.Restored, outcome, jitter, backoff, atOnce: true),

            // 4. A broken connection: the server may have been replaced by an older state, so its revision is checked
            // before the watch continues.
            ReflectorEnding.Disconnected when state.Phase == ReflectorPhase.Watch => At(
                state,
                ReflectorPhase.Probe,
                ListSource.NotOlderThanSeen,
                outcome,
                jitter,
                backoff,
                atOnce: outcome.WasOfUse
            ),
            ReflectorEnding.Unavailable when state.Phase == ReflectorPhase.Watch => At(
                state,
                ReflectorPhase.Probe,
                ListSource.NotOlderThanSeen,
                outcome,
                jitter,
                backoff,
                atOnce: false
            ),

            // 5. The position in the stream is lost: only a list can show the missed changes.
            ReflectorEnding.Undecodable or ReflectorEnding.ErrorEvent when state.Phase is ReflectorPhase.Watch or ReflectorPhase.Probe =>
                At(state, ReflectorPhase.List, ListSource.NotOlderThanSeen, outcome, jitter, backoff, atOnce: state.Relists == 0),

            // 6. The cache is wrong: a consistent list, compared by content. It is paced as every relist is, since
            // audits may be requested at any time.
            ReflectorEnding.ResyncRequested => At(
                state,
                ReflectorPhase.List,
                ListSource.Repair,
                outcome,
                jitter,
                backoff,
                atOnce: state.Relists == 0
            ),

            // 7. No streaming list here, or one that never comes to its end: the plain one.
            ReflectorEnding.Undecodable when state.Phase == ReflectorPhase.StreamingList => At(
                state,
                ReflectorPhase.List,
                ListSource.Cache,
                outcome,
                jitter,
                backoff,
                atOnce: true
            ),
            ReflectorEnding.Unavailable
            or ReflectorEnding.Disconnected
                when state.Phase == ReflectorPhase.StreamingList && state.Failures + 1 >= backoff.CircuitThreshold => At(
                state,
                ReflectorPhase.List,
                ListSource.Cache,
                outcome,
                jitter,
                backoff,
                atOnce: false
            ),
            ReflectorEnding.Unsupported => At(state, ReflectorPhase.List, ListSource.Cache, outcome, jitter, backoff, atOnce: true) with
            {
                Failures = state.Failures,
            },

            // 8. Everything else waits and retries: rights may be granted, servers come back. It never gives up.
            _ => At(state, state.Phase, state.Source, outcome, jitter, backoff, atOnce: false),
        };
    }

    private static ReflectorState At(
        ReflectorState state,
        ReflectorPhase phase,
        ListSource source,
        ReflectorOutcome outcome,
        double jitter,
        BackoffOptions backoff,
        bool atOnce
    )
    {
        var failures = state.Failures + 1;
        var wait = TimeSpan.Zero;
        var steps = state.BackoffSteps;
        if (!atOnce)
        {
            var doubled = backoff.First * Math.Pow(2, Math.Min(steps, 20));
            wait = (doubled < backoff.Longest ? doubled : backoff.Longest) * (1 + jitter);
            steps++;
        }

        if (outcome.RetryAfter is { } asked && asked > wait)
        {
            wait = asked;
        }

        // One relist is free, also after an outage; another within two quiet minutes waits, however useful the watch
        // between them was: lists are what hurts a server.
        var relists = state.Relists + (phase == ReflectorPhase.List && state.Phase is ReflectorPhase.Watch or ReflectorPhase.Probe ? 1 : 0);
        return new(phase, source, wait, failures, steps, outcome.Reason ?? state.Reason, outcome.Ending == ReflectorEnding.Denied, relists);
    }
}
