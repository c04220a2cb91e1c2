namespace Vigia.Simulator.Faults;

/// <summary>The watches that are open, to be cut or ended. Thread-safe.</summary>
internal sealed class OpenWatches
{
    private readonly Lock _gate = new();
    private readonly HashSet<OpenWatch> _open = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Enters a watch; dispose it when it has ended.</summary>
    public OpenWatch Open(CancellationToken aborted)
    {
        var watch = new OpenWatch(this, aborted);
        lock (_gate)
        {
            _open.Add(watch);
        }

        return watch;
    }

    /// <summary>Aborts all in the middle of their streams.</summary>
    /// <returns>How many.</returns>
    public int Cut() => All(watch => watch.Cut());

    /// <summary>Ends all with an ERROR event.</summary>
    /// <returns>How many.</returns>
    public int End(StatusException why) => All(watch => watch.End(why));

    internal void Forget(OpenWatch watch)
    {
        lock (_gate)
        {
            _open.Remove(watch);
        }
    }

    private int All(Action<OpenWatch> act)
    {
        OpenWatch[] open;
        lock (_gate)
        {
            open = [.. _open];
        }

        foreach (var watch in open)
        {
            act(watch);
        }

        return open.Length;
    }
}

/// <summary>One open watch, as faults see it.</summary>
internal sealed class OpenWatch : IDisposable
{
    private readonly OpenWatches _owner;
    private readonly CancellationTokenSource _cut;
    private readonly CancellationTokenSource _end = new();

    public OpenWatch(OpenWatches owner, CancellationToken aborted)
    {
        _owner = owner;
        _cut = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        (CutToken, EndToken) = (_cut.Token, _end.Token);
    }

    /// <summary>Cancelled when the stream is to break off, or its client has left.</summary>
    public CancellationToken CutToken { get; }

    /// <summary>Cancelled when the stream is to end with <see cref="Why"/>.</summary>
    public CancellationToken EndToken { get; }

    /// <summary>The message of the ERROR event at the end.</summary>
    public StatusException? Why { get; private set; }

    public void Cut() => Cancel(_cut);

    public void End(StatusException why)
    {
        Why = why;
        Cancel(_end);
    }

    /// <summary>The client has closed its side: the watch ends without an error.</summary>
    public void Leave() => Cancel(_end);

    public void Dispose()
    {
        _owner.Forget(this);
        _cut.Dispose();
        _end.Dispose();
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in the meantime, which is as good.
        }
    }
}
