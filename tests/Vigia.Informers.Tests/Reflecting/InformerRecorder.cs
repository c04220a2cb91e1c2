using System.Collections.Concurrent;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>Writes down what a handler is told.</summary>
internal sealed class InformerRecorder(ConcurrentQueue<string> seen) : IResourceEventHandler
{
    public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
    {
        var sign = delta.Kind switch
        {
            DeltaKind.Added => "+",
            DeltaKind.Updated => "~",
            _ => "-",
        };
        seen.Enqueue($"{sign}{delta.Object.Name}{(delta.IsFinalStateUnknown ? "?" : "")}");
        return ValueTask.CompletedTask;
    }

    public ValueTask ResetAsync(CancellationToken cancellationToken)
    {
        seen.Enqueue("reset");
        return ValueTask.CompletedTask;
    }
}
