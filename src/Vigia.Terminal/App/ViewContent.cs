using System.Threading.Channels;
using Vigia.Terminal.Documents;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.App;

/// <summary>What a view shows, while it is in the history: a table with its feeds, or a text with its source.</summary>
internal sealed class ViewContent(int id, TableIndex? table, IReadOnlyList<RowFeed> feeds, IDocumentSource? text) : IAsyncDisposable
{
    public int Id => id;

    public TableIndex? Table => table;

    public IDocumentSource? Text => text;

    /// <summary>A table's, from every cluster.</summary>
    public static ViewContent Of(TableState state, IEnumerable<ClusterLink> links, ChannelWriter<FeedBatch> output, Action wake)
    {
        var table = new TableIndex(state.Entry);
        table.Arrange(state.Filter, state.Order);
        return new(state.Id, table, [.. links.Select(link => new RowFeed(state.Id, link, state.Entry, output, wake))], null);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var feed in feeds)
        {
            await feed.DisposeAsync();
        }

        if (text is not null)
        {
            await text.DisposeAsync();
        }
    }
}
