using Vigia.Catalog;
using Vigia.Catalog.Searching;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>Finds a resource that the catalog does not know by the name that was typed, and opens its table.</summary>
internal sealed class ResourceSearch(AppSession session, ClusterLinks links, KnownNames names)
{
    public void Resolve(ResolveEffect resolve)
    {
        var (clusters, known) = (links.All.ToArray(), names.Resources);
        session.Say($"looking for '{resolve.Name}'…");
        session.Work.Run(async token =>
        {
            var (entry, problem) = await FindAsync(clusters, resolve.Name, token);
            if (entry is null && problem is null)
            {
                // The beginning of one name, and of no other, means that one.
                var meant = Beginning(known, resolve.Name);
                (entry, problem) =
                    meant.Length == 1
                        ? await FindAsync(clusters, meant[0], token)
                        : (null, meant.Length is > 1 and <= 6 ? $"'{resolve.Name}' is ambiguous: use {string.Join(" or ", meant)}" : null);
            }

            if (entry is not null)
            {
                session.Queue.Post(state => Navigation.OpenTable(state with { Toast = null }, entry, resolve.Namespace, resolve.Filter));
                return;
            }

            var near = NearestName.Of(resolve.Name, known) is { } name ? $", did you mean '{name}'?" : "";
            session.Report(problem ?? $"unknown resource '{resolve.Name}'{near}; ctrl-a lists all", isError: true);
        });
    }

    private static async Task<(ResourceEntry? Entry, string? Problem)> FindAsync(
        IEnumerable<ClusterLink> clusters,
        string name,
        CancellationToken cancellationToken
    )
    {
        string? problem = null;
        foreach (var link in clusters)
        {
            var (entry, reason) = await link.ResolveAsync(name, cancellationToken);
            if (entry is not null)
            {
                return (entry, null);
            }

            problem ??= reason;
        }

        return (null, problem);
    }

    /// <summary>The resources with a name that begins so.</summary>
    private string[] Beginning(IReadOnlyList<string> known, string text) =>
        [
            .. known
                .Where(name =>
                    name.StartsWith(text, StringComparison.OrdinalIgnoreCase)
                    && !CommandLine.Words.Contains(name)
                    && !session.Options.Aliases.ContainsKey(name)
                )
                .Select(name => session.Options.Catalog.Find(name)?.Name ?? name)
                .Distinct(StringComparer.Ordinal),
        ];
}
