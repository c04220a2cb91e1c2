using Vigia.Informers;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Consumers;

/// <summary>A handler: quick, slow, or one that throws.</summary>
internal sealed class HandlerConsumer(Witness witness, SimulationClock clock, Random random, TimeSpan slowness, bool throws, Action reenter)
    : IResourceEventHandler
{
    private bool _isRemoved;

    public Witness Witness => witness;

    public HandlerRegistration? Registration { get; set; }

    /// <summary>True once it need not be slow any more.</summary>
    public bool IsSettled { get; set; }

    public string? Misconduct { get; private set; }

    public async ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
    {
        if (_isRemoved)
        {
            Misconduct = $"{witness.Name}: called after it was removed";
        }

        witness.Told(delta);
        if (!_isRemoved && !IsSettled)
        {
            reenter();
        }

        if (!IsSettled && slowness > TimeSpan.Zero && random.Next(3) == 0)
        {
            await clock.Delay(slowness * random.NextDouble(), cancellationToken);
        }

        if (throws && random.Next(5) == 0)
        {
            throw new InvalidOperationException("a handler that throws");
        }
    }

    public ValueTask ResetAsync(CancellationToken cancellationToken)
    {
        witness.Reset();
        return ValueTask.CompletedTask;
    }

    public async Task RemoveAsync()
    {
        await Registration!.DisposeAsync();
        _isRemoved = true;
    }
}
