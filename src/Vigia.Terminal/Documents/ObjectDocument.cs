using System.Text.Json;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;
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
    private readonly KindFeed _feed;
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
        KindFeed feed,
        ObjectKey key,
        bool isYaml,
        Func<ObjectDocumentContext, TextDocument> write,
        Action wake,
        TimeProvider time
    )
    {
        (_link, _feed, _key, _isYaml, _write, _wake, _time) = (link, feed, key, isYaml, write, wake, time);
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
            var informer = await _feed.OpenAsync(cancellationToken);
            var events = _link.Find("events");
            events?.Want();
            RawObject? last = null;
            while (true)
            {
                var asked = Volatile.Read(ref _asked).Task;
                var change = informer.Log.NextChange;
                var eventChange = events?.Informer?.Log.NextChange ?? change;
                var obj = informer.Store.Get(_key);
                if (obj is null && !informer.HasSynced)
                {
                    await change.WaitAsync(cancellationToken);
                    continue;
                }

                _document = await WriteAsync(obj, last, informer.Freshness.IsLive, cancellationToken);
                last = obj ?? last;
                _wake();
                await Task.WhenAny(change, eventChange, asked).WaitAsync(cancellationToken);
                await Task.Delay(Shortest, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    private async Task<TextDocument> WriteAsync(RawObject? obj, RawObject? last, bool isLive, CancellationToken cancellationToken)
    {
        var shown = obj ?? last;
        if (shown is null)
        {
            return new([TextLine.Of($"{_key} does not exist", TextRole.Warning)], null, !isLive);
        }

        try
        {
            // What is held lacks managedFields, and of some kinds everything but metadata: whoever asks for all of it
            // gets it from the server.
            var whole = _isYaml && obj is not null && (_wantsManagedFields || _feed.Entry.MetadataOnly) && _feed.Version is { } version;
            using var json = whole
                ? JsonDocument.Parse(
                    await _link.Client.GetBytesAsync(_feed.Version!.Value.Path(shown.Namespace, shown.Name), ct: cancellationToken)
                )
                : ObjectJson.Parse(shown);
            var document = _write(new(_link, _feed, shown, json.RootElement, _wantsManagedFields, _time.GetUtcNow()));
            return document with { IsStale = !isLive, Note = obj is null ? "deleted; this is its last state" : document.Note };
        }
        catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException)
        {
            return new([TextLine.Of(refused.Message, TextRole.Bad)], null, true);
        }
        catch (Exception wrong) when (wrong is not OperationCanceledException)
        {
            // A describe that stumbles over an object of unusual shape says so and breaks nothing.
            return new([TextLine.Of($"{_feed.Entry.Kind} {shown.Key} cannot be shown: {wrong.Message}", TextRole.Bad)]);
        }
    }
}

/// <summary>What a text about an object is made of.</summary>
internal sealed record ObjectDocumentContext(
    ClusterLink Link,
    KindFeed Feed,
    RawObject Object,
    JsonElement Json,
    bool ManagedFields,
    DateTimeOffset Now
);
