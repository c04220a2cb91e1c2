using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>The names of resources and namespaces that can be typed. For the thread that draws.</summary>
internal sealed class KnownNames
{
    private static readonly TimeSpan Refreshed = TimeSpan.FromSeconds(1);

    private readonly AppSession _session;
    private readonly ClusterLinks _links;
    private long _at;
    private bool _favoured;

    public KnownNames(AppSession session, ClusterLinks links)
    {
        (_session, _links) = (session, links);
        links.Switched += () => (_favoured, _at) = (false, 0);
    }

    /// <summary>The words that a command may begin with. The same object while nothing changes.</summary>
    public IReadOnlyList<string> Resources { get; private set; } = [];

    /// <summary>The namespaces of all clusters. The same object while nothing changes.</summary>
    public IReadOnlyList<string> Namespaces { get; private set; } = [];

    /// <summary>False where namespaces may not be listed: then only the namespaces of pods are known.</summary>
    public bool KnowsNamespaces { get; private set; }

    /// <summary>Looks again, once a second at most.</summary>
    public void Refresh()
    {
        if (Resources.Count > 0 && _session.Time.GetElapsedTime(_at) <= Refreshed)
        {
            return;
        }

        TryNamespace();
        _at = _session.Time.GetTimestamp();
        var options = _session.Options;
        var names = options
            .Catalog.Entries.SelectMany(entry => entry.Aliases.Prepend(entry.Name))
            .Concat(CommandLine.Words)
            .Concat(options.Aliases.Keys)
            .Concat(_links.All.SelectMany(link => ServedNames(link.Session.Discovery)))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        Resources = names.SequenceEqual(Resources) ? Resources : names;
        var namespaces = Sorted(link => link.Find("namespaces")?.Informer?.Store.List().Select(ns => ns.Name));
        KnowsNamespaces = namespaces.Length > 0;
        if (namespaces.Length == 0)
        {
            // Namespaces may not be listed: those of pods are known all the same.
            namespaces = Sorted(link => link.Find("pods")?.Informer?.Store.IndexValues(Store.NamespaceIndex));
        }

        Namespaces = namespaces.SequenceEqual(Namespaces) ? Namespaces : namespaces;
    }

    /// <summary>
    /// Gives the number keys their namespaces, once these are known: the context's own, then by name.
    /// </summary>
    public void Favour(IReadOnlyList<ClusterStatus> clusters)
    {
        if (
            _favoured
            || !clusters.Any(cluster => cluster.Kinds.Any(kind => kind is { Name: "namespaces", Word: LoadWord.Live or LoadWord.Denied }))
            || Namespaces.Count == 0
        )
        {
            return;
        }

        _favoured = true;
        var state = _session.State;
        var own = _links.All.Select(link => link.DefaultNamespace ?? "default").Where(ns => Namespaces.Contains(ns));
        var absent = KnowsNamespaces ? state.Favourites.Where(ns => !Namespaces.Contains(ns)).ToArray() : [];
        _session.State = state with { Favourites = [.. state.Favourites.Except(absent).Concat(own).Concat(Namespaces).Distinct().Take(9)] };
        if (absent.Length > 0)
        {
            _session.Say($"favourites that do not exist here: {string.Join(", ", absent)}", isError: true);
        }
    }

    private string[] Sorted(Func<ClusterLink, IEnumerable<string>?> names) =>
        [.. _links.All.SelectMany(link => names(link) ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Where a kind may not be read in all namespaces, the namespace on the screen is tried.</summary>
    private void TryNamespace()
    {
        if (_session.State.View is not TableState { Namespace: { } ns, Entry.Namespaced: true } table)
        {
            return;
        }

        foreach (var link in _links.All)
        {
            var feed = link.Feed(table.Entry);
            if (feed.Namespace != ns && (feed.Namespace is not null || KindStatus.Of(feed).Word == LoadWord.Denied))
            {
                link.Session.Narrow(table.Entry.Name, ns);
            }
        }
    }

    /// <summary>The plurals that a server has; where several groups have one, with the group.</summary>
    private IEnumerable<string> ServedNames(ApiResourceList? served) =>
        (served?.Resources ?? [])
            .Where(resource => resource.CanWatch)
            .Select(resource => resource.Resource)
            .DistinctBy(resource => resource.GroupResource)
            .GroupBy(resource => resource.Resource, StringComparer.Ordinal)
            .SelectMany(group =>
                group.Count() == 1 && _session.Options.Catalog.Find(group.Key) is null
                    ? [group.Key]
                    : group.Select(resource => resource.GroupResource)
            );
}
