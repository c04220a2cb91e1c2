using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>An object described with what is in memory around it: the catalog's description, coloured.</summary>
internal static class ObjectDescription
{
    private static readonly LazyIndex Events = new("vigia.event-about", e => [EventAbout.Of(e).Key]);

    /// <summary>The lines.</summary>
    public static List<TextLine> Write(ObjectDocumentContext context)
    {
        var items = Description.Write(
            new(context.Feed.Entry, context.Object, context.Json, Around(context), context.Now, TimeZoneInfo.Local)
        );
        return
        [
            .. DescriptionText
                .Lines(items)
                .Select(line => new TextLine([.. line.Select(piece => new TextSpan(piece.Text, RoleOf(piece)))])),
        ];
    }

    private static Surroundings Around(ObjectDocumentContext context)
    {
        var (link, obj) = (context.Link, context.Object);
        var owned = context.Feed.Entry.KnownKind switch
        {
            "Deployment" => "replicasets",
            "CronJob" => "jobs",
            _ => null,
        };
        var around = new Surroundings
        {
            Owned =
                owned is not null && link.Find(owned) is { Informer: { } informer } feed
                    ?
                    [
                        .. informer
                            .Store.List(obj.Namespace)
                            .Where(o => o.Owners.Any(owner => owner.Uid == obj.Uid))
                            .Select(o => new Neighbour(feed.Entry, o)),
                    ]
                    : null,
            Pods = link.Find("pods") is { Informer: not null } pods ? Pods(context, pods) : null,
        };
        var events = link.Find("events");
        if (events?.Informer is not { } known || KindStatus.Of(events) is not { Word: LoadWord.Live or LoadWord.Stale })
        {
            return around with { EventsNote = (events is null ? null : KindStatus.Of(events).Reason) ?? "not loaded yet" };
        }

        return around with
        {
            Events =
            [
                .. EventAbout
                    .KeysOf(context.Feed.Entry.Kind, obj)
                    .SelectMany(key => Events.Find(known.Store, key))
                    .Where(e => EventAbout.Of(e).IsAbout(e.Namespace, context.Feed.Entry.Kind, obj))
                    .Select(EventRecord.Of)
                    .OrderBy(e => e.Last),
            ],
        };
    }

    private static IReadOnlyList<Neighbour>? Pods(ObjectDocumentContext context, ResourceFeed pods)
    {
        var obj = context.Object;
        Func<RawObject, bool>? belongs = context.Feed.Entry.KnownKind switch
        {
            "ReplicaSet" or "StatefulSet" or "DaemonSet" => pod => pod.Owners.Any(owner => owner.Uid == obj.Uid),
            "Service" when References.Selector(obj) is { } selector => pod => References.Selects(selector, pod.Labels),
            "Node" when pods.Entry.Columns.Index().First(column => column.Item.Key == "node").Index is var node => pod =>
                pods.Entry.RowOf(pod)[node].Text == obj.Name,
            "PersistentVolumeClaim" => pod =>
                References
                    .Of(context.Link.Catalog, pods.Entry, pod)
                    .Any(reference => reference.Name == obj.Name && reference.Resource == context.Feed.Entry.Name),
            _ => null,
        };
        var candidates = obj.Namespace.Length == 0 ? pods.Informer!.Store.List() : pods.Informer!.Store.List(obj.Namespace);
        return belongs is null ? null : [.. candidates.Where(belongs).Select(pod => new Neighbour(pods.Entry, pod))];
    }

    private static TextRole RoleOf(DescriptionPiece piece) =>
        piece.Part switch
        {
            PiecePart.Name => TextRole.Key,
            PiecePart.Heading => TextRole.Heading,
            _ => piece.Tone switch
            {
                Tone.Good => TextRole.Good,
                Tone.Warning => TextRole.Warning,
                Tone.Bad => TextRole.Bad,
                Tone.Muted => TextRole.Muted,
                Tone.Accent => TextRole.Accent,
                Tone.Text => TextRole.Text,
                _ => TextRole.Plain,
            },
        };
}
