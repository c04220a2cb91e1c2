namespace Vigia.Controllers;

/// <summary>The identity of a candidate, and the durations of the election.</summary>
/// <remarks>
/// Two leaders never act at once as long as no clock runs faster than another by more than <see cref="LeaseDuration"/>
/// / <see cref="RenewDeadline"/> (1.5 by default), and the work stops within the difference of the two once its token
/// is cancelled. All candidates for a lease must use the same durations.
/// </remarks>
public sealed class LeaderElectorOptions
{
    /// <summary>
    /// The largest jitter of a pause between two attempts, relative to the pause: 2 s become 2 to 4.4 s (client-go's
    /// constant). While another candidate holds the lease, the pause is shorter: 0.9 to 2 s.
    /// </summary>
    public const double JitterFactor = 1.2;

    /// <summary>
    /// The identity of this candidate. It must be unique, also after a restart (for example a pod's name and a GUID).
    /// Two candidates with the same identity both lead.
    /// </summary>
    public required string Identity { get; init; }

    /// <summary>
    /// How long other candidates wait after the last observed change before they take the lease. Whole seconds. Default
    /// 15 s.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A leader whose last successful renewal was sent so long ago stops. Shorter than <see cref="LeaseDuration"/>.
    /// Default 10 s.
    /// </summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Between two renewals, and between two attempts to get the lease (see <see cref="JitterFactor"/>): a leader that
    /// dies is replaced within <see cref="LeaseDuration"/> and this. Default 2 s.
    /// </summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The timeout of one request to the store; null for half of <see cref="RenewDeadline"/>, so that a hanging request
    /// leaves time for another.
    /// </summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>
    /// Whether the lease is released after the work has ended, so that another candidate leads at once instead of after
    /// <see cref="LeaseDuration"/>. Default true (client-go: false, because it cannot tell whether the work has ended).
    /// </summary>
    public bool ReleaseOnStop { get; init; } = true;

    /// <summary>
    /// Whether a candidate that lost the lease tries again until cancelled. Default false: most programs should exit
    /// and be restarted.
    /// </summary>
    public bool StandAgain { get; init; }

    /// <summary>Decides the jitter; null derives it from <see cref="Identity"/>.</summary>
    public int? Seed { get; init; }

    /// <summary>
    /// Called once at the end of every candidacy, after the work has ended and before the lease is released; also if
    /// this candidate never led.
    /// </summary>
    public Action? OnStoppedLeading { get; init; }

    /// <summary>
    /// Called with every new holder that is seen, the first and oneself included; in order, never inside the election
    /// itself.
    /// </summary>
    public Action<string>? OnNewLeader { get; init; }

    internal TimeSpan EffectiveRequestTimeout => RequestTimeout ?? RenewDeadline / 2;

    /// <summary>Refuses what could not work, all faults at once.</summary>
    /// <exception cref="ArgumentException">One sentence for each fault.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        Check(!string.IsNullOrEmpty(Identity), "Identity is empty: give each candidate a unique name.");
        Check(LeaseDuration >= TimeSpan.FromSeconds(1), $"LeaseDuration is {LeaseDuration}: it must be at least 1 s.");
        Check(
            LeaseDuration.Ticks % TimeSpan.TicksPerSecond == 0,
            $"LeaseDuration is {LeaseDuration}: it must be whole seconds, which is all a Lease can hold."
        );
        Check(LeaseDuration.TotalSeconds <= int.MaxValue, $"LeaseDuration is {LeaseDuration}: this exceeds what a Lease can hold.");
        Check(
            LeaseDuration > RenewDeadline,
            $"LeaseDuration ({LeaseDuration}) must be longer than RenewDeadline ({RenewDeadline}): a leader must have stopped before "
                + $"another may start."
        );
        Check(
            RenewDeadline > RetryPeriod * JitterFactor,
            $"RenewDeadline ({RenewDeadline}) must be longer than RetryPeriod ({RetryPeriod}) × {JitterFactor}: "
                + "otherwise there is no time for a second attempt."
        );
        Check(RenewDeadline > TimeSpan.Zero, $"RenewDeadline is {RenewDeadline}: it must be positive.");
        Check(RetryPeriod > TimeSpan.Zero, $"RetryPeriod is {RetryPeriod}: it must be positive.");
        Check(
            RequestTimeout is null || (RequestTimeout > TimeSpan.Zero && RequestTimeout <= RenewDeadline),
            $"RequestTimeout is {RequestTimeout}: it must be positive and at most RenewDeadline ({RenewDeadline})."
        );
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', faults));
        }

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
