using Vigia.Catalog;
using Vigia.Catalog.Relations;

namespace Vigia.Live.Relations;

/// <summary>
/// Walks from an object to those related to it, step by step, until the depth or the number of nodes is reached.
/// </summary>
internal sealed class RelationGraph(ClusterView view, int most)
{
    // An object shared by a hundred others (a node, a service account) connects everything with everything: it is
    // shown, but followed only if it is the requested object.
    private static readonly HashSet<string> Hubs = new(StringComparer.Ordinal)
    {
        "nodes",
        "serviceaccounts",
        "configmaps",
        "secrets",
        "namespaces",
    };

    private readonly Dictionary<string, GraphNode> _nodes = new(StringComparer.Ordinal);
    private readonly List<GraphNode> _order = [];
    private readonly HashSet<GraphEdge> _edges = [];
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The nodes, nearest first.</summary>
    public IReadOnlyList<GraphNode> Nodes => _order;

    /// <summary>The edges; both ends of each are among the nodes.</summary>
    public IReadOnlyCollection<GraphEdge> Edges => _edges;

    /// <summary>
    /// The resources that may be related to the visited objects: those searched by name, in addition to those in
    /// memory.
    /// </summary>
    public IReadOnlySet<string> Asked => _asked;

    /// <summary>True if there was more than the bound allows.</summary>
    public bool IsTruncated { get; private set; }

    public async Task WalkAsync(GraphNode root, int depth, CancellationToken cancellationToken)
    {
        Add(root);
        var next = new List<GraphNode> { root };
        for (var step = 0; step < depth && next.Count > 0; step++)
        {
            var before = _order.Count;
            foreach (var node in next)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (node == root || !(Hubs.Contains(node.Entry.Name) || node.Entry.Name == "events"))
                {
                    await ExpandAsync(node);
                }
            }

            next = _order[before..];
        }
    }

    private async Task ExpandAsync(GraphNode node)
    {
        var o = node.Object;
        foreach (var owner in o.Owners)
        {
            if (
                References.EntryOf(view.Catalog, owner.ApiVersion, owner.Kind) is { } entry
                && await view.GetAsync(entry.Name, new(entry.Namespaced ? o.Namespace : "", owner.Name)) is { } found
                && found.Uid == owner.Uid
            )
            {
                Link(new(entry, found), node, "owns");
            }
        }

        foreach (var resource in OwnedKinds(node.Entry))
        {
            var entry = view.Catalog.Find(resource)!;
            foreach (var owned in o.Uid.Length == 0 ? [] : await view.OwnedAsync(resource, o.Uid))
            {
                Link(node, new(entry, owned), "owns");
            }
        }

        foreach (var reference in References.Of(view.Catalog, node.Entry, o))
        {
            _asked.Add(reference.Resource);
            if (await view.GetAsync(reference.Resource, new(reference.Namespace, reference.Name)) is { } found)
            {
                Link(node, new(view.Catalog.Find(reference.Resource)!, found), reference.Kind);
            }
        }

        await SelectAsync(node);
        foreach (var resource in References.Sources(node.Entry.Name).Append("events"))
        {
            var entry = view.Catalog.Find(resource);
            _asked.Add(resource);
            foreach (var (source, kind) in entry is null ? [] : await view.NamedByAsync(resource, node.Entry, o))
            {
                Link(new(entry!, source), node, kind);
            }
        }
    }

    /// <summary>Services and their pods find each other by labels, and by nothing else.</summary>
    private async Task SelectAsync(GraphNode node)
    {
        var o = node.Object;
        if (node.Entry.Name == "pods")
        {
            _asked.Add("services");
            foreach (var (service, selector) in await view.ServicesAsync(o.Namespace))
            {
                if (References.Selects(selector, o.Labels))
                {
                    Link(new(view.Catalog.Find("services")!, service), node, "selects");
                }
            }
        }
        else if (node.Entry.Name == "services" && References.Selector(o) is { } selector)
        {
            _asked.Add("pods");
            foreach (var pod in await view.ListAsync("pods", o.Namespace))
            {
                if (References.Selects(selector, pod.Labels))
                {
                    Link(node, new(view.Catalog.Find("pods")!, pod), "selects");
                }
            }
        }
    }

    /// <summary>
    /// Resources that a workload creates are loaded if necessary; others are searched only if they are in memory.
    /// </summary>
    private IEnumerable<string> OwnedKinds(ResourceEntry entry)
    {
        string[] made = entry.Name switch
        {
            "deployments" => ["replicasets"],
            "replicasets" or "statefulsets" or "daemonsets" or "jobs" => ["pods"],
            "cronjobs" => ["jobs"],
            _ => [],
        };
        _asked.UnionWith(made);
        return made.Union(view.Loaded, StringComparer.Ordinal);
    }

    private void Link(GraphNode from, GraphNode to, string kind)
    {
        if (from.Id != to.Id && Add(from) && Add(to))
        {
            _edges.Add(new(from.Id, to.Id, kind));
        }
    }

    private bool Add(GraphNode node)
    {
        if (_nodes.ContainsKey(node.Id))
        {
            return true;
        }

        if (_order.Count >= most)
        {
            IsTruncated = true;
            return false;
        }

        _nodes.Add(node.Id, node);
        _order.Add(node);
        return true;
    }
}
