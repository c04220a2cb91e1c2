using Vigia.Informers.Deltas;
using Vigia.Informers.Reflecting;

namespace Vigia.Informers.Informing;

/// <summary>How an informer works.</summary>
public sealed class SharedInformerOptions
{
    /// <summary>Listing and watching.</summary>
    public ReflectorOptions Reflector { get; init; } = new();

    /// <summary>How much the log keeps.</summary>
    public DeltaLogOptions Log { get; init; } = new();

    /// <summary>The seed of the jitter; 0 (default) for another one each time.</summary>
    public int Seed { get; init; }
}
