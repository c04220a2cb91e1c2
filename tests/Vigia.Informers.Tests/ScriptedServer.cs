using System.Text;
using System.Threading.Channels;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;

namespace Vigia.Informers.Tests;

/// <summary>
/// A server of one resource, in memory, with revisions, a history and faults: what a reflector sees of an API server,
/// without a socket.
/// </summary>
internal sealed class ScriptedServer : IListerWatcher
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, (ulong Revision, string Uid, string Value)> _objects = new(StringComparer.Ordinal);
    private readonly List<(ulong Revision, string Type, string Name, string Uid, string Value)> _history = [];
    private readonly List<Stream> _streams = [];
    private readonly Queue<Exception> _listFailures = new();
    private readonly Queue<Exception> _watchFailures = new();
    private ulong _revision = 10;
    private ulong _compacted;
    private int _uids;

    public GroupVersionResource Resource { get; init; } = new("", "v1", "pods");

    public string Cluster { get; init; } = "scripted";

    /// <summary>Every request, as "LIST rv=0 limit=500" or "WATCH rv=10".</summary>
    public List<string> Requests { get; } = [];

    public ulong Revision => _revision;

    public int OpenWatches
    {
        get
        {
            lock (_gate)
            {
                return _streams.Count;
            }
        }
    }

    public bool SendsStreamingListEnd { get; set; } = true;

    /// <summary>Pages of this size whatever was asked for; 0 for one page.</summary>
    public int PageSize { get; set; }

    /// <summary>Called with each stream of a watch when it is open: to send into it, or to end it.</summary>
    public Action<Stream>? OnStream { get; set; }

    /// <summary>Called with each request, before it is answered.</summary>
    public Action<string>? OnRequest { get; set; }

    public void Put(string name, string value = "")
    {
        lock (_gate)
        {
            var known = _objects.TryGetValue(name, out var held);
            var uid = known ? held.Uid : $"uid-{++_uids}";
            _objects[name] = (++_revision, uid, value);
            Record(known ? "MODIFIED" : "ADDED", name, uid, value);
        }
    }

    public void Delete(string name)
    {
        lock (_gate)
        {
            var held = _objects[name];
            _objects.Remove(name);
            _revision++;
            Record("DELETED", name, held.Uid, held.Value);
        }
    }

    /// <summary>While true, what changes reaches no watch, now or later: a replica that loses events.</summary>
    public bool LosesEvents { get; set; }

    /// <summary>Changes an object and not its version.</summary>
    public void Corrupt(string name, string value)
    {
        lock (_gate)
        {
            _objects[name] = _objects[name] with { Value = value };
        }
    }

    /// <summary>An object is gone and no watch is told: what an unsafe deletion of a corrupt object leaves.</summary>
    public void DropWithoutEvent(string name)
    {
        lock (_gate)
        {
            _objects.Remove(name);
            _revision++;
        }
    }

    /// <summary>Sends raw bytes to every open watch.</summary>
    public void Send(string frame)
    {
        lock (_gate)
        {
            _streams.ForEach(stream => stream.Send(frame));
        }
    }

    /// <summary>The bookmark that ends a streaming list.</summary>
    public void EndStreamingList() =>
        Send(
            $$$"""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"{{{_revision}}}","annotations":"""
                + $$$"""{"k8s.io/initial-events-end":"true"} } } }"""
        );

    public void Bookmark(ulong? revision = null) =>
        Send($$$"""{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"{{{revision ?? _revision}}}"} } }""");

    /// <summary>Ends all watches: normally, or as a connection that breaks.</summary>
    public void EndWatches(Exception? error = null)
    {
        lock (_gate)
        {
            foreach (var stream in _streams.ToArray())
            {
                stream.End(error);
            }
        }
    }

    /// <summary>Forgets all history: older watches get 410.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _compacted = _revision;
            _history.Clear();
        }
    }

    /// <summary>
    /// Goes back to an older revision, as an etcd restored from a backup; what is there then is given.
    /// </summary>
    public void RestoreTo(ulong revision, params string[] names)
    {
        lock (_gate)
        {
            _objects.Clear();
            _history.Clear();
            _revision = revision;
            _compacted = 0;
            foreach (var name in names)
            {
                _objects[name] = (revision, $"uid-{++_uids}", "restored");
            }
        }
    }

    public void FailLists(params Exception[] failures) => failures.ToList().ForEach(_listFailures.Enqueue);

    public void FailWatches(params Exception[] failures) => failures.ToList().ForEach(_watchFailures.Enqueue);

    public async Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
    {
        string body;
        lock (_gate)
        {
            Note(request.Continue is { } token ? $"LIST continue={token}" : $"LIST rv={request.ResourceVersion} limit={request.Limit}");
            if (_listFailures.TryDequeue(out var failure))
            {
                throw failure;
            }

            var from = int.Parse(request.Continue ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            var page = PageSize == 0 ? _objects.Count : PageSize;
            var items = _objects
                .Skip(from)
                .Take(page)
                .Select(pair => Json(pair.Key, pair.Value.Revision, pair.Value.Uid, pair.Value.Value));
            var next = from + page < _objects.Count ? (from + page).ToString(System.Globalization.CultureInfo.InvariantCulture) : "";
            body =
                $$$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{{{_revision}}}","continue":"{{{next}}}"}"""
                + $$$""","items":[{{{string.Join(',', items)}}}]}""";
        }

        using var buffer = new BodyBuffer(new MemoryStream(Encoding.UTF8.GetBytes(body)), 1 << 20);
        return await new ListDecoder(new ObjectDecoder(), sink).ReadAsync(buffer, cancellationToken);
    }

    public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Note($"WATCH rv={request.ResourceVersion}{(request.SendInitialEvents ? " streaming" : "")}");
            if (_watchFailures.TryDequeue(out var failure))
            {
                throw failure;
            }

            var stream = new Stream(this);
            if (request.SendInitialEvents)
            {
                foreach (var (name, held) in _objects)
                {
                    stream.Send($$$"""{"type":"ADDED","object":{{{Json(name, held.Revision, held.Uid, held.Value)}}}}""");
                }

                if (SendsStreamingListEnd)
                {
                    stream.Send(
                        $$$"""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"{{{_revision}}}","annotations":"""
                            + $$$"""{"k8s.io/initial-events-end":"true"} } } }"""
                    );
                }
            }
            else if (request.ResourceVersion.Number < _compacted)
            {
                stream.Send(
                    """{"type":"ERROR","object":{"kind":"Status","status":"Failure","message":"too old resource """
                        + """version","reason":"Expired","code":410}}"""
                );
                stream.End(null);
            }
            else
            {
                foreach (var e in _history.Where(e => e.Revision > request.ResourceVersion.Number))
                {
                    stream.Send(Frame(e));
                }
            }

            _streams.Add(stream);
            OnStream?.Invoke(stream);
            return Task.FromResult<IWatchStream>(stream);
        }
    }

    private static string Json(string name, ulong revision, string uid, string value)
    {
        var ns = name.Contains('.', StringComparison.Ordinal) ? name.Split('.')[0] : "default";
        return $$$"""{"metadata":"""
            + $$$"""{"name":"{{{name}}}","namespace":"{{{ns}}}","uid":"{{{uid}}}","resourceVersion":"{{{revision}}}","labels":"""
            + $$$"""{"value":"{{{value}}}"} } }""";
    }

    private static string Frame((ulong Revision, string Type, string Name, string Uid, string Value) e) =>
        $$$"""{"type":"{{{e.Type}}}","object":{{{Json(e.Name, e.Revision, e.Uid, e.Value)}}}}""";

    private void Record(string type, string name, string uid, string value)
    {
        if (LosesEvents)
        {
            return;
        }

        var e = (_revision, type, name, uid, value);
        _history.Add(e);
        _streams.ForEach(stream => stream.Send(Frame(e)));
    }

    private void Note(string request)
    {
        Requests.Add(request);
        OnRequest?.Invoke(request);
    }

    public sealed class Stream(ScriptedServer server) : IWatchStream
    {
        private readonly Channel<string> _frames = Channel.CreateUnbounded<string>();
        private readonly WatchDecoder _decoder = new();

        public bool HasBuffered => _frames.Reader.TryPeek(out _);

        public void Send(string frame) => _frames.Writer.TryWrite(frame);

        public void End(Exception? error) => _frames.Writer.TryComplete(error);

        public async ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken)
        {
            while (await _frames.Reader.WaitToReadAsync(cancellationToken))
            {
                if (_frames.Reader.TryRead(out var frame))
                {
                    return _decoder.Decode(Encoding.UTF8.GetBytes(frame));
                }
            }

            return null;
        }

        public ValueTask DisposeAsync()
        {
            lock (server._gate)
            {
                server._streams.Remove(this);
            }

            return ValueTask.CompletedTask;
        }
    }
}
