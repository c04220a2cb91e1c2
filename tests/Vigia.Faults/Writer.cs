using Vigia.Faults.Servers;

namespace Vigia.Faults;

/// <summary>Steady writes to a few dozen pods: made, changed, deleted, and made again under the same names.</summary>
internal sealed class Writer(IFaultyServer server, int perSecond, int seed) : IAsyncDisposable
{
    private const int Names = 40;

    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _there = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private long _sequence;
    private long _failed;

    /// <summary>Writes that the server took.</summary>
    public long Written { get; private set; }

    /// <summary>Writes that the server did not take, or did not answer.</summary>
    public long Failed => Volatile.Read(ref _failed);

    public void Start() => _loop = Task.Run(() => LoopAsync(_stopping.Token));

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
    }

    /// <summary>One last write that tells whoever waits for it that he has everything before.</summary>
    public async Task<long> MarkAsync(string name, CancellationToken cancellationToken)
    {
        var sequence = ++_sequence;
        while (!await server.WriteAsync(name, exists: false, sequence, cancellationToken))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }

        return sequence;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        var random = new Random(seed);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stopping);
                var name = $"p-{random.Next(Names)}";
                var exists = _there.Contains(name);
                var deletes = exists && random.Next(5) == 0;
                if (await server.WriteAsync(name, exists, deletes ? null : ++_sequence, stopping))
                {
                    Written++;
                    _ = deletes ? _there.Remove(name) : _there.Add(name);
                }
                else
                {
                    // It is not known whether it was made: the next write to it finds out.
                    Interlocked.Increment(ref _failed);
                    _ = exists ? _there.Remove(name) : _there.Add(name);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
