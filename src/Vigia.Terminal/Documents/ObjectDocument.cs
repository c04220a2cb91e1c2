using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>A text about an object that is kept up to date while it is looked at: YAML, describe, tree.</summary>
internal sealed class ObjectDocument : IDocumentSource
{
    // A pod may change many times a second; nobody reads faster than this.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ClusterLink _link;
    private readonly ResourceEntry _entry;
    private readonly Func<ObjectDocumentContext, TextDocument> _write;
    private readonly Action _wake;
    private readonly TimeProvider _time;
    private readonly ObjectKey _key;
    private readonly bool _isYaml;
    private readonly Task _loop;
    private volatile TextDocument _document = TextDocument.Loading;
    private volatile bool _wantsManagedFields;
    private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ObjectDocument(
        ClusterLink link,
        ResourceEntry entry,
        ObjectKey key,
        bool isYaml,
        Func<ObjectDocumentContext, TextDocument> write,
        Action wake,
        TimeProvider time
    )
    {
        (_link, _entry, _key, _isYaml, _write, _wake, _time) = (link, entry, key, isYaml, write, wake, time);
        _loop = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
    }

    public TextDocument Document => _document;

    public void Show(TextState state)
    {
        if (_wantsManagedFields != state.ManagedFields)
        {
            _wantsManagedFields = state.ManagedFields;
            Interlocked.Exchange(ref _asked, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            RawObject? last = null;
            while (true)
            {
                var feed = await _link.OpenAsync(_entry, cancellationToken);
                last = await FollowAsync(feed, last, cancellationToken);

                // What follows may be long in coming: the server may no longer have the resource.
                _document = _document with
                {
                    IsStale = true,
                };
                _wake();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    /// <summary>Writes the text at each change, until the feed is retired; returns the last object.</summary>
    private async Task<RawObject?> FollowAsync(ResourceFeed feed, RawObject? last, CancellationToken cancellationToken)
    {
        var informer = feed.Informer!;
        _link.Find("events")?.Want();
        while (true)
        {
            var (retired, asked) = (feed.NextChange, Volatile.Read(ref _asked).Task);
            if (feed.Retired is not null)
            {
                return last;
            }

            var change = informer.Log.NextChange;
            var eventChange = _link.Find("events")?.Informer?.Log.NextChange ?? change;
            var obj = informer.Store.Get(_key);
            if (obj is null && !informer.HasSynced)
            {
                await Task.WhenAny(change, retired).WaitAsync(cancellationToken);
                continue;
            }

            _document = await WriteAsync(feed, obj, last, informer.Freshness.IsLive, cancellationToken);
            last = obj ?? last;
            _wake();
            await Task.WhenAny(change, eventChange, asked, retired).WaitAsync(cancellationToken);
            await Task.Delay(Shortest, _time, cancellationToken);
        }
    }

    private async Task<TextDocument> WriteAsync(
        ResourceFeed feed,
        RawObject? obj,
        RawObject? last,
        bool isLive,
        CancellationToken cancellationToken
    )
    {
        var shown = obj ?? last;
        if (shown is null)
        {
            return new([TextLine.Of($"{_key} does not exist", TextRole.Warning)], null, !isLive);
        }

        try
        {
            // The cache lacks managedFields, and for some kinds everything but metadata: a reader of the whole object
            // gets it from the server.
            var whole = _isYaml && obj is not null && (_wantsManagedFields || feed.Entry.MetadataOnly) && feed.Version is { } version;
            using var json = whole
                ? JsonDocument.Parse(
                    await _link.Client.GetBytesAsync(feed.Version!.Value.Path(shown.Namespace, shown.Name), ct: cancellationToken)
                )
                : ObjectJson.Parse(shown);
            var document = _write(new(_link, feed, shown, json.RootElement, _wantsManagedFields, _time.GetUtcNow()));
            return document with { IsStale = !isLive, Note = obj is null ? "deleted; this is its last state" : document.Note };
        }
        catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException)
        {
            return new([TextLine.Of(refused.Message, TextRole.Bad)], null, true);
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            // A describe that fails on an object of unusual shape reports it and breaks nothing.
            return new([TextLine.Of($"{feed.Entry.Kind} {shown.Key} cannot be shown: {wrong.Message}", TextRole.Bad)]);
        }
    }
}

/// <summary>What a text about an object is made of.</summary>
internal sealed record ObjectDocumentContext(
    ClusterLink Link,
    ResourceFeed Feed,
    RawObject Object,
    JsonElement Json,
    bool ManagedFields,
    DateTimeOffset Now
);
