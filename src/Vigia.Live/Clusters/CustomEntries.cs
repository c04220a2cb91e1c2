using Vigia.Catalog;
using Vigia.Catalog.Definitions;

namespace Vigia.Live.Clusters;

/// <summary>The catalog's entries of custom resources, from the clusters' definitions.</summary>
/// <remarks>
/// Kind and scope are never merged: a cluster that defines a resource differently gets an entry of its own under the
/// same name, and changes nothing for the others.
/// </remarks>
internal sealed class CustomEntries
{
    private readonly Dictionary<string, List<ResourceEntry>> _ofSession = new(StringComparer.Ordinal);

    /// <summary>Makes them.</summary>
    /// <param name="sessions">The clusters, in the order in which they were added.</param>
    /// <param name="known">
    /// The resources that are known beforehand; a custom one never takes the place of these.
    /// </param>
    /// <param name="made">
    /// Entries that were made before: one whose definitions are the same stays the same object.
    /// </param>
    public CustomEntries(
        IReadOnlyList<ClusterSession> sessions,
        ResourceCatalog known,
        Dictionary<string, (string Signature, ResourceEntry Entry)> made
    )
    {
        var (entries, conflicts) = (new List<ResourceEntry>(), new List<string>());
        var definitions = sessions
            .SelectMany(session =>
                (session.CustomResources?.Values ?? []).Select(definition => (Session: session.Name, Definition: definition))
            )
            .Where(pair =>
                !pair.Definition.Versions.Any(version =>
                    known.Find(version.GroupResource) is { } entry
                    && entry.Versions.Any(builtIn => builtIn.GroupResource == version.GroupResource)
                )
            )
            .GroupBy(pair => pair.Definition.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal);
        foreach (var group in definitions)
        {
            // The catalog has the form of most clusters; of equally frequent ones, that of the cluster that was added
            // first.
            var forms = group
                .GroupBy(pair => (pair.Definition.Kind, pair.Definition.Namespaced))
                .OrderByDescending(form => form.Count())
                .ToArray();
            foreach (var form in forms)
            {
                var entry = Entry($"{group.Key} {form.Key}", [.. form.Select(pair => pair.Definition)], made);
                if (form == forms[0])
                {
                    entries.Add(entry);
                }

                foreach (var (session, _) in form)
                {
                    (_ofSession.TryGetValue(session, out var own) ? own : _ofSession[session] = []).Add(entry);
                }
            }

            if (forms.Length > 1)
            {
                var told = forms.Select(form =>
                {
                    var scope = form.Key.Namespaced ? "in namespaces" : "of the cluster";
                    return $"{form.Key.Kind}, {scope}, in {string.Join(", ", form.Select(pair => pair.Session))}";
                });
                conflicts.Add(
                    $"{group.Key} is defined differently: {string.Join("; ", told)}. Each cluster is served by its own "
                        + "definition; make them equal, or query one cluster at a time"
                );
            }
        }

        (Entries, Conflicts) = (entries, conflicts);
    }

    /// <summary>One entry a name, for the catalog.</summary>
    public IReadOnlyList<ResourceEntry> Entries { get; }

    /// <summary>Different definitions, in sentences.</summary>
    public IReadOnlyList<string> Conflicts { get; }

    /// <summary>The entries of a cluster, as it defines them.</summary>
    public IReadOnlyList<ResourceEntry> Of(ClusterSession session) => _ofSession.GetValueOrDefault(session.Name) ?? [];

    private static ResourceEntry Entry(
        string key,
        IReadOnlyList<CustomDefinition> definitions,
        Dictionary<string, (string Signature, ResourceEntry Entry)> made
    )
    {
        var signature = string.Join('\n', definitions.Select(definition => definition.Signature).Distinct(StringComparer.Ordinal));
        if (made.TryGetValue(key, out var known) && known.Signature == signature)
        {
            return known.Entry;
        }

        var first = definitions[0];
        var entry = ResourceCatalog.ForCustomResource(
            first.Name,
            [
                .. definitions
                    .SelectMany(definition => definition.Versions)
                    .Distinct()
                    .OrderBy(version => DefinitionReader.VersionOrder(version.Version)),
            ],
            first.Kind,
            first.Namespaced,
            [.. definitions.SelectMany(definition => definition.Aliases).Distinct(StringComparer.Ordinal)],
            [.. definitions.SelectMany(definition => definition.Columns).DistinctBy(column => column.Name)]
        );
        made[key] = (signature, entry);
        return entry;
    }
}
