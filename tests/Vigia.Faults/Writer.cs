using Vigia.Faults.Servers;

namespace Vigia.Faults;

/// <summary>Steady writes to a few dozen pods: made, changed, deleted, and made again under the same names.</summary>
internal sealed class Writer(IFaultyServer server, int perSecond, int seed) : IAsyncDisposable
{
    private const int Names = 40;

    private readonly Random _random = new(seed);
    private readonly HashSet<string> _there = new(StringComparer.Ordinal);
    private CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private long _sequence;
    private long _failed;

    /// <summary>Writes that the server took.</summary>
    public long Written { get; private set; }

    /// <summary>Writes that the server did not take, or did not answer.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Begins to write, or goes on after <see cref="StopAsync"/>.</summary>
    public void Start()
    {
        if (_stopping.IsCancellationRequested)
        {
            _stopping.Dispose();
            _stopping = new CancellationTokenSource();
        }

        var stopping = _stopping.Token;
        _loop = Task.Run(() => LoopAsync(stopping));
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
    }

    /// <summary>
    /// One write to a pod of its own, which the steady writes leave alone: makes it, or changes it where it
    /// <paramref name="exists"/>. Returns the number that is in it.
    /// </summary>
    public async Task<long> MarkAsync(string name, bool exists, CancellationToken cancellationToken)
    {
        var sequence = ++_sequence;
        await WriteAsync(name, exists, sequence, cancellationToken);
        return sequence;
    }

    /// <summary>Deletes what <see cref="MarkAsync"/> made.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => WriteAsync(name, exists: true, null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task WriteAsync(string name, bool exists, long? sequence, CancellationToken cancellationToken)
    {
        while (!await server.WriteAsync(name, exists, sequence, cancellationToken))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stopping);
                var name = $"p-{_random.Next(Names)}";
                var exists = _there.Contains(name);
                var deletes = exists && _random.Next(5) == 0;
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
