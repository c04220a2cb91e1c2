using Vigia.Catalog;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>The texts about an object.</summary>
internal static class ObjectTexts
{
    public static IDocumentSource Open(TextState text, ResourceEntry entry, ClusterLink link, Action wake, TimeProvider time)
    {
        var key = text.Object.Key;
        return text.Kind switch
        {
            TextKind.Yaml => new ObjectDocument(
                link,
                entry,
                key,
                true,
                context => new(YamlText.Write(context.Json, !context.ManagedFields), context.ManagedFields ? null : "managedFields folded"),
                wake,
                time
            ),
            TextKind.Describe => new ObjectDocument(link, entry, key, false, context => new(ObjectDescription.Write(context)), wake, time),
            TextKind.Tree => new ObjectDocument(link, entry, key, false, context => new(RelationTree.Write(context)), wake, time),
            TextKind.Changes => new ChangesDocument(link, entry, key, wake, time),
            _ => new LogsDocument(link, entry, key, wake, time),
        };
    }
}
