using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>Lists to choose from: resources and contexts.</summary>
internal static class ListTexts
{
    /// <summary>Every resource with its names: the catalog's, then what else the server has.</summary>
    public static TextDocument Resources(ResourceCatalog catalog, ApiResourceList? served)
    {
        var lines = catalog.Entries.Select(entry => Line(entry.Name, entry.Aliases, entry.Kind, entry.Name)).ToList();
        var known = catalog
            .Entries.SelectMany(entry => entry.Versions)
            .Select(version => version.GroupResource)
            .ToHashSet(StringComparer.Ordinal);
        foreach (
            var resource in (served?.Resources ?? []).Where(resource => resource.CanWatch && known.Add(resource.Resource.GroupResource))
        )
        {
            lines.Add(Line(resource.Resource.GroupResource, resource.ShortNames, resource.Kind, resource.Resource.GroupResource));
        }

        return new(lines, served is null ? "what the server has beside these is not known yet" : null);
    }

    /// <summary>The contexts there are; those looked at are marked.</summary>
    public static TextDocument Contexts(IReadOnlyList<string> all, IReadOnlyList<ClusterStatus> open) =>
        new([
            .. all.Select(name =>
            {
                var status = open.FirstOrDefault(cluster => cluster.Name == name);
                var pods = status?.Kinds.FirstOrDefault(kind => kind.Name == "pods");
                var word = pods?.Word switch
                {
                    null => "",
                    LoadWord.Live => "live",
                    LoadWord.Loading or LoadWord.Waiting => "loading",
                    _ => pods.Reason ?? "not live",
                };
                return new TextLine(
                    [
                        new(status is null ? "  " : "● ", pods?.Word == LoadWord.Live ? TextRole.Good : TextRole.Warning),
                        new($"{name, -28} ", status is null ? TextRole.Plain : TextRole.Accent),
                        new($"{status?.Server, -24} {status?.Version, -12} "),
                        new(word, TextRole.Muted),
                    ],
                    "ctx " + Quoted(name)
                );
            }),
        ]);

    /// <summary>As it may be typed: a name that is a word of the command, or has blanks or commas, in quotes.</summary>
    private static string Quoted(string name) => name.Contains('"', StringComparison.Ordinal) ? $"'{name}'" : $"\"{name}\"";

    private static TextLine Line(string name, IEnumerable<string> aliases, string kind, string command) =>
        new(
            [
                new($"{name, -44} ", TextRole.Key),
                new($"{kind, -28} "),
                new(string.Join(' ', aliases.Where(alias => alias.Length > 0)), TextRole.Muted),
            ],
            command
        );
}
