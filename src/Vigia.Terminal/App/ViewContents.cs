using System.Threading.Channels;
using Vigia.Catalog;
using Vigia.Terminal.Overview;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.App;

/// <summary>
/// The contents of views: opened with their view, kept while it is near in the history. For the thread that draws.
/// </summary>
internal sealed class ViewContents : IAsyncDisposable
{
    private const int Kept = 6;

    // The thread that draws answers keys within 50 ms: data gets this much of it at a time.
    private static readonly TimeSpan DataSlice = TimeSpan.FromMilliseconds(6);

    private readonly AppSession _session;
    private readonly ClusterLinks _links;
    private readonly DocumentSources _documents;
    private readonly LinkedList<ViewContent> _contents = [];
    private readonly Channel<FeedBatch> _batches = Channel.CreateBounded<FeedBatch>(
        new BoundedChannelOptions(32)
        {
            SingleReader = true,
            SingleWriter = false,
            FullMode = BoundedChannelFullMode.Wait,
            AllowSynchronousContinuations = false,
        }
    );
    private PulseCollector? _pulse;

    public ViewContents(AppSession session, ClusterLinks links, DocumentSources documents)
    {
        (_session, _links, _documents) = (session, links, documents);
        links.Switched += CloseAll;
        links.Replaced += entry => session.Queue.Post(state => Replace(state, entry));
    }

    /// <summary>The current view's content, opened where it is not; arranged as the state says.</summary>
    public ViewContent Current()
    {
        var view = _session.State.View;
        var node = _contents.First;
        while (node is not null && node.Value.Id != view.Id)
        {
            node = node.Next;
        }

        if (node is null)
        {
            node = _contents.AddFirst(Open(view));
            while (_contents.Count > Kept)
            {
                Close(_contents.Last!.Value);
                _contents.RemoveLast();
            }
        }
        else if (node != _contents.First)
        {
            _contents.Remove(node);
            _contents.AddFirst(node);
        }

        if (view is TableState table)
        {
            node.Value.Table!.Arrange(table.Filter, table.Order);
        }
        else if (view is TextState text)
        {
            node.Value.Text!.Show(text);
        }

        return node.Value;
    }

    /// <summary>The overview's figures; none while it is not on the screen.</summary>
    public PulseMeasurements Pulse()
    {
        if (_session.State.View is not PulseState)
        {
            return PulseMeasurements.None;
        }

        _pulse ??= new PulseCollector(_links.All, _session.Time);
        return _pulse.Collect();
    }

    /// <summary>Takes over the feeds' changes for as long as a slice is; true where there are more.</summary>
    public bool TakeData(ref bool changed)
    {
        var start = _session.Time.GetTimestamp();
        while (_batches.Reader.TryRead(out var batch))
        {
            var content = _contents.FirstOrDefault(content => content.Id == batch.View);
            if (content?.Table is { } table)
            {
                Take(table, batch);
                changed |= content.Id == _session.State.View.Id;
            }

            if (_session.Time.GetElapsedTime(start) > DataSlice)
            {
                return true;
            }
        }

        if (_contents.First?.Value is { Table: { } shown })
        {
            changed |= shown.Sweep((_session.Time.GetUtcNow() - ScreenContent.LightTime).UtcTicks);
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var content in _contents)
        {
            await content.DisposeAsync();
        }
    }

    private void Take(TableIndex table, FeedBatch batch)
    {
        if (batch.Resets)
        {
            table.Clear(batch.Cluster.Number);
        }

        table.Apply(batch.Cluster.Number, batch.Cluster.Name, batch.Changes, _session.Time.GetUtcNow().UtcTicks);
        table.IsCaughtUp |= batch.IsCaughtUp;
        if (batch.IsCaughtUp)
        {
            _session.Measured.CaughtUp();
        }

        _session.Measured.Rows(table.Total, batch.Changes.Count);
    }

    private ViewContent Open(ViewState view) =>
        view switch
        {
            TableState table => ViewContent.Of(table, _links.All, _batches.Writer, _session.Queue.Wake),
            TextState text => new(text.Id, null, [], _documents.Open(text)),
            _ => new(view.Id, null, [], null),
        };

    private void Close(ViewContent content) => _session.Work.Run(async _ => await content.DisposeAsync());

    /// <summary>Forgets all contents: the clusters have changed.</summary>
    private void CloseAll()
    {
        foreach (var content in _contents)
        {
            Close(content);
        }

        _contents.Clear();
        _pulse = null;
    }

    /// <summary>A kind has other columns or another version: the views that show it are opened again.</summary>
    private AppState Replace(AppState state, ResourceEntry entry)
    {
        var (next, changed) = EntryChange.Apply(state, entry);
        foreach (var content in _contents.Where(content => changed.Contains(content.Id)).ToArray())
        {
            _contents.Remove(content);
            Close(content);
        }

        return next;
    }
}
