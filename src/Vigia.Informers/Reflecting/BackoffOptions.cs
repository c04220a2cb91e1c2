namespace Vigia.Informers;

/// <summary>
/// How long a reflector waits after failures, and when its circuit opens. The defaults are client-go's
/// (<c>reflector.go</c>).
/// </summary>
public sealed record BackoffOptions
{
    /// <summary>The defaults.</summary>
    public static BackoffOptions Default { get; } = new();

    /// <summary>
    /// The first wait, doubled with every failure, each with up to as much again at random. Default 800 ms.
    /// </summary>
    public TimeSpan First { get; init; } = ReflectorMachine.FirstWait;

    /// <summary>
    /// The longest wait before jitter, and the pace of the single probe while the circuit is open. Default 30 s.
    /// </summary>
    public TimeSpan Longest { get; init; } = ReflectorMachine.LongestWait;

    /// <summary>After this time without a failure the waits start at the first again. Default 2 min.</summary>
    public TimeSpan Quiet { get; init; } = ReflectorMachine.QuietTime;

    /// <summary>Failures in a row after which the circuit is open. Default 5.</summary>
    public int CircuitThreshold { get; init; } = ReflectorMachine.CircuitThreshold;
}
