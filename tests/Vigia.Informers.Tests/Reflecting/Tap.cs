using System.Collections.Concurrent;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// Stands between a reflector and a scripted server: keeps every request as it was made, and may answer in the server's
/// place.
/// </summary>
internal sealed class Tap(ScriptedServer server) : IListerWatcher
{
    private int _open;

    public GroupVersionResource Resource => server.Resource;

    public string Cluster => server.Cluster;

    public ConcurrentQueue<ListRequest> Lists { get; } = new();

    public ConcurrentQueue<WatchRequest> Watches { get; } = new();

    /// <summary>Streams that were closed, in all: each must be closed once.</summary>
    public int Closed { get; private set; }

    public int ClosedTwice { get; private set; }

    public int Open => Volatile.Read(ref _open);

    /// <summary>Answers instead of the server where it returns something.</summary>
    public Func<ListRequest, IListSink, CancellationToken, Task<ListPage?>>? AnswerList { get; set; }

    /// <summary>Runs before the server opens a watch.</summary>
    public Func<WatchRequest, CancellationToken, Task>? BeforeWatch { get; set; }

    public async Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
    {
        Lists.Enqueue(request);
        var instead = AnswerList is { } answer ? await answer(request, sink, cancellationToken) : null;
        return instead ?? await server.ListAsync(request, sink, cancellationToken);
    }

    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        Watches.Enqueue(request);
        if (BeforeWatch is { } before)
        {
            await before(request, cancellationToken);
        }

        var stream = await server.WatchAsync(request, cancellationToken);
        Interlocked.Increment(ref _open);
        return new Counted(stream, this);
    }

    private sealed class Counted(IWatchStream inner, Tap tap) : IWatchStream
    {
        private bool _closed;

        public bool HasBuffered => inner.HasBuffered;

        public ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken) => inner.ReadAsync(cancellationToken);

        public ValueTask DisposeAsync()
        {
            tap.ClosedTwice += _closed ? 1 : 0;
            if (!_closed)
            {
                _closed = true;
                tap.Closed++;
                Interlocked.Decrement(ref tap._open);
            }

            return inner.DisposeAsync();
        }
    }
}
