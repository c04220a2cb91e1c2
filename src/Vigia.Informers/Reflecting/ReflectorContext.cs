using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>The dependencies that a reflector shares with its requests.</summary>
/// <param name="Source">The server.</param>
/// <param name="Target">The cache.</param>
/// <param name="Counters">Counts for the metrics.</param>
/// <param name="Options">How it lists and watches.</param>
/// <param name="Time">The clock.</param>
/// <param name="Random">Decides the jitter.</param>
/// <param name="Logger">The log of all parts.</param>
internal sealed record ReflectorContext(
    IListerWatcher Source,
    IReflectorTarget Target,
    InformerCounters Counters,
    ReflectorOptions Options,
    TimeProvider Time,
    Random Random,
    ILogger Logger
)
{
    /// <summary>A random number in [0, 1).</summary>
    [SuppressMessage("Security", "CA5394", Justification = "Jitter.")]
    public double NextDouble() => Random.NextDouble();
}
