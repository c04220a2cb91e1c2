using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// A watch that can be ended from outside as if the connection had broken, so that its reader opens it again.
/// </summary>
/// <remarks>
/// One reader. Costs nothing while events are in memory; the tokens are joined once for a reader that passes the same
/// one each time.
/// </remarks>
internal sealed class CuttableWatch(IWatchStream inner, Func<string> reason, CancellationToken cut) : IWatchStream
{
    private CancellationTokenSource? _either;
    private CancellationToken _reader;

    public bool HasBuffered => inner.HasBuffered;

    public ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_either is null || cancellationToken != _reader)
        {
            _either?.Dispose();
            _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cut);
            _reader = cancellationToken;
        }

        var reading = inner.ReadAsync(_either.Token);
        return reading.IsCompletedSuccessfully ? reading : WaitAsync(reading, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _either?.Dispose();
        _either = null;
        return inner.DisposeAsync();
    }

    private async ValueTask<WatchEvent?> WaitAsync(ValueTask<WatchEvent?> reading, CancellationToken cancellationToken)
    {
        try
        {
            return await reading;
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException(reason());
        }
    }
}
