using System.Collections.Immutable;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Documents;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Overview;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.App;

/// <content>What views show: opened when they are gone to, kept while they are near in the history.</content>
internal sealed partial class TerminalApp
{
    private static readonly ITableRows NoRows = new EmptyRows();

    private ReducerContext? _context;
    private IReadOnlyList<string> _names = [];
    private IReadOnlyList<string> _namespaces = [];
    private long _namesAt;
    private bool _favoured;
    private bool _knowsNamespaces;
    private PulseCollector? _pulse;

    /// <summary>The current view's content, opened where it is not; arranged as the state says.</summary>
    private ViewContent Content()
    {
        var node = _contents.First;
        while (node is not null && node.Value.Id != _state.View.Id)
        {
            node = node.Next;
        }

        if (node is null)
        {
            node = _contents.AddFirst(Open(_state.View));
            while (_contents.Count > KeptViews)
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

        if (_state.View is TableState table)
        {
            node.Value.Table!.Arrange(table.Filter, table.Order);
        }
        else if (_state.View is TextState text)
        {
            node.Value.Text!.Show(text);
        }

        return node.Value;
    }

    private void Close(ViewContent content) => Background(async _ => await content.DisposeAsync());

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

    /// <summary>A kind has other columns or another version: what shows it is opened again.</summary>
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

    private ViewContent Open(ViewState view) =>
        view switch
        {
            TableState table => ViewContent.Of(table, _links, _batches.Writer, () => _awake.Set()),
            TextState text => new(text.Id, null, [], OpenText(text)),
            _ => new(view.Id, null, [], null),
        };

    private IDocumentSource OpenText(TextState text)
    {
        switch (text.Kind)
        {
            case TextKind.Help:
                var help = HelpText.Write(_options.Keys, _options.IsReadOnly);
                return new StaticDocument(() => help);
            case TextKind.Aliases:
                return new StaticDocument(() => ListTexts.Resources(_options.Catalog, _links.Count > 0 ? _links[0].Served : null));
            case TextKind.Forwards:
                return new StaticDocument(_forwards.Write);
            case TextKind.Actions:
                return new StaticDocument(_actions.Write);
            case TextKind.Action:
                var record = _actions.Find(text.Number);
                return new StaticDocument(() => record?.Write() ?? TextDocument.Empty);
            case TextKind.Contexts:
                return new StaticDocument(() => ListTexts.Contexts(_options.AllContexts, [.. _links.Select(link => link.Status())]));
        }

        if (text.Entry is not { } entry || _links.FirstOrDefault(link => link.Number == text.Object.Cluster) is not { } cluster)
        {
            return new StaticDocument(() => new([TextLine.Of("its context is no longer looked at", TextRole.Warning)]));
        }

        return ObjectTexts.Open(text, entry, cluster, DocumentChanged, _time);
    }

    private ReducerContext Context()
    {
        var content = Content();
        var rows = content.Table ?? NoRows;
        var document = content.Text?.Document ?? TextDocument.Empty;
        if (_names.Count == 0 || _time.GetElapsedTime(_namesAt) > AgeFrame)
        {
            RefreshNames();
        }

        if (
            _context is null
            || !ReferenceEquals(_context.Rows, rows)
            || !ReferenceEquals(_context.Document, document)
            || !ReferenceEquals(_context.Names, _names)
            || !ReferenceEquals(_context.Namespaces, _namespaces)
        )
        {
            _context = new ReducerContext(rows, document, _options.Catalog, _names, _namespaces, _options.AllContexts, _time.GetUtcNow())
            {
                Keys = _options.Keys,
                Aliases = _options.Aliases,
            };
        }

        return _context = _context with { Now = _time.GetUtcNow(), KnowsNamespaces = _knowsNamespaces };
    }

    /// <summary>Where a kind may not be read in all namespaces, going to one tries that one.</summary>
    private void TryNamespace()
    {
        if (_state.View is not TableState { Namespace: { } ns, Entry.Namespaced: true } table)
        {
            return;
        }

        foreach (var link in _links)
        {
            var feed = link.Feed(table.Entry);
            if (
                feed.OnlyNamespace != ns
                && (feed.OnlyNamespace is not null || feed.Status().Word == LoadWord.Denied)
                && feed.Narrow(ns) is { } denied
            )
            {
                Background(async _ => await denied.DisposeAsync());
            }
        }
    }

    private void RefreshNames()
    {
        TryNamespace();
        _namesAt = _time.GetTimestamp();
        var names = _options
            .Catalog.Entries.SelectMany(entry => entry.Aliases.Prepend(entry.Name))
            .Concat(CommandLine.Words)
            .Concat(_options.Aliases.Keys)
            .Concat(_links.SelectMany(link => ServedNames(link.Served)))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        _names = names.SequenceEqual(_names) ? _names : names;
        var namespaces = _links
            .SelectMany(link => link.Find("namespaces")?.Informer?.Store.List().Select(ns => ns.Name) ?? [])
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToArray();
        _knowsNamespaces = namespaces.Length > 0;
        if (namespaces.Length == 0)
        {
            // Namespaces may not be listed: those that pods are in are known all the same.
            namespaces =
            [
                .. _links
                    .SelectMany(link => link.Find("pods")?.Informer?.Store.IndexValues(Store.NamespaceIndex) ?? [])
                    .Distinct(StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal),
            ];
        }

        _namespaces = namespaces.SequenceEqual(_namespaces) ? _namespaces : namespaces;
    }

    /// <summary>Plurals of what a server has; where one means several groups, with the group.</summary>
    private IEnumerable<string> ServedNames(ApiResourceList? served) =>
        (served?.Resources ?? [])
            .Where(resource => resource.CanWatch)
            .Select(resource => resource.Resource)
            .DistinctBy(resource => resource.GroupResource)
            .GroupBy(resource => resource.Resource, StringComparer.Ordinal)
            .SelectMany(group =>
                group.Count() == 1 && _options.Catalog.Find(group.Key) is null
                    ? [group.Key]
                    : group.Select(resource => resource.GroupResource)
            );

    /// <summary>
    /// Gives the number keys their namespaces, once these are known: the context's own, then by name.
    /// </summary>
    private void Remember(IReadOnlyList<ClusterStatus> clusters)
    {
        if (
            _favoured
            || !clusters.Any(cluster => cluster.Kinds.Any(kind => kind is { Name: "namespaces", Word: LoadWord.Live or LoadWord.Denied }))
            || _namespaces.Count == 0
        )
        {
            return;
        }

        _favoured = true;
        var own = _links.Select(link => link.DefaultNamespace ?? "default").Where(ns => _namespaces.Contains(ns));
        var absent = _knowsNamespaces ? _state.Favourites.Where(ns => !_namespaces.Contains(ns)).ToArray() : [];
        _state = _state with { Favourites = [.. _state.Favourites.Except(absent).Concat(own).Concat(_namespaces).Distinct().Take(9)] };
        if (absent.Length > 0)
        {
            _state = Toasts.Say(
                _state,
                $"favourites that do not exist here: {string.Join(", ", absent)}",
                _time.GetUtcNow(),
                isError: true
            );
        }
    }

    private PulseMeasurements Pulse()
    {
        if (_state.View is not PulseState)
        {
            return PulseMeasurements.None;
        }

        _pulse ??= new PulseCollector(_links, _time);
        return _pulse.Collect();
    }

    private sealed class EmptyRows : ITableRows
    {
        public int Count => 0;

        public TableRow this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public int Total => 0;

        public int Faults => 0;

        public bool IsCaughtUp => true;

        public int IndexOf(RowKey key) => -1;

        public int WidthOf(int column) => 0;
    }
}
