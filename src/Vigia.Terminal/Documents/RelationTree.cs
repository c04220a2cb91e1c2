using Vigia.Catalog;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>
/// What belongs together, as a tree: up to the first owner, down through everything that is owned, with what each names
/// beside it. From memory.
/// </summary>
internal static class RelationTree
{
    private const int MostLines = 500;

    public static List<TextLine> Write(ObjectDocumentContext context)
    {
        var link = context.Link;
        var (feed, root) = (context.Feed, context.Object);

        // Up to the owner of all.
        for (var i = 0; i < 8 && Owner(link, root) is { } owner; i++)
        {
            (feed, root) = owner;
        }

        var children = Children(link, root.Namespace);
        var lines = new List<TextLine>();
        Node(lines, context, feed, root, "", "", children);
        return lines;
    }

    private static (ResourceFeed Feed, RawObject Object)? Owner(ClusterLink link, RawObject obj)
    {
        foreach (var owner in obj.Owners.OrderByDescending(owner => owner.IsController))
        {
            foreach (var feed in link.Session.Feeds)
            {
                if (
                    References.IsOf(feed.Entry, owner.ApiVersion, owner.Kind)
                    && (feed.Informer?.Store.Get(new(obj.Namespace, owner.Name)) ?? feed.Informer?.Store.Get(new("", owner.Name)))
                        is { } found
                    && found.Uid == owner.Uid
                )
                {
                    return (feed, found);
                }
            }
        }

        return null;
    }

    /// <summary>Everything in memory that has an owner, by that owner's uid.</summary>
    private static ILookup<string, (ResourceFeed Feed, RawObject Object)> Children(ClusterLink link, string ns) =>
        link
            .Session.Feeds.Where(feed => feed.Informer is not null && feed.Entry.KnownKind != "Event")
            .SelectMany(feed => (ns.Length == 0 ? feed.Informer!.Store.List() : feed.Informer!.Store.List(ns)).Select(o => (feed, o)))
            .SelectMany(child => child.o.Owners.Select(owner => (owner.Uid, child)))
            .ToLookup(pair => pair.Uid, pair => pair.child);

    private static void Node(
        List<TextLine> lines,
        ObjectDocumentContext context,
        ResourceFeed feed,
        RawObject obj,
        string before,
        string below,
        ILookup<string, (ResourceFeed Feed, RawObject Object)> children
    )
    {
        if (lines.Count >= MostLines)
        {
            return;
        }

        var row = feed.Entry.RowOf(obj);
        var state = string.Join(
            " ",
            feed.Entry.Columns.Index()
                .Where(column => !column.Item.IsWide && column.Item.Key is "ready" or "status" or "completions" or "type" or "desired")
                .Select(column => row.Text(column.Index, context.Now))
        );
        var role = row.Health switch
        {
            RowHealth.Ok => TextRole.Good,
            RowHealth.Warning => TextRole.Warning,
            _ => TextRole.Bad,
        };
        lines.Add(
            new(
                [
                    new(before, TextRole.Muted),
                    new($"{feed.Entry.Kind} ", TextRole.Key),
                    new(obj.Name, obj.Uid == context.Object.Uid ? TextRole.Accent : TextRole.Plain),
                    new("  " + state, role),
                ],
                Target: new JumpTarget(feed.Entry, new(context.Link.Number, obj.Key))
            )
        );
        (ResourceFeed Feed, RawObject Object)[] owned =
        [
            .. children[obj.Uid]
                .OrderBy(child => child.Feed.Entry.Name, StringComparer.Ordinal)
                .ThenBy(child => child.Object.Name, StringComparer.Ordinal),
        ];
        var used = Used(context.Link, feed, obj);
        for (var i = 0; i < owned.Length; i++)
        {
            var isLast = i == owned.Length - 1 && used.Count == 0;
            Node(
                lines,
                context,
                owned[i].Feed,
                owned[i].Object,
                below + (isLast ? "└─ " : "├─ "),
                below + (isLast ? "   " : "│  "),
                children
            );
        }

        for (var i = 0; i < used.Count; i++)
        {
            lines.Add(
                new(
                    [
                        new(below + (i == used.Count - 1 ? "└─ " : "├─ "), TextRole.Muted),
                        new(used[i].Kind + " ", TextRole.Key),
                        new(used[i].Name, TextRole.Muted),
                    ],
                    Target: used[i].Target
                )
            );
        }
    }

    /// <summary>
    /// What an object names, each once: a pod its node and its volumes' sources, an autoscaler what it scales.
    /// </summary>
    private static IReadOnlyList<(string Kind, string Name, JumpTarget? Target)> Used(ClusterLink link, ResourceFeed feed, RawObject obj) =>
        [
            .. References
                .Of(link.Catalog, feed.Entry, obj)
                .DistinctBy(reference => reference.Target)
                .Select(reference =>
                {
                    var entry = link.Catalog.Find(reference.Resource)!;
                    return (
                        entry.Kind,
                        reference.Name,
                        link.Find(reference.Resource) is { } target
                            ? new JumpTarget(target.Entry, new(link.Number, new(reference.Namespace, reference.Name)))
                            : null
                    );
                }),
        ];
}
