using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Live.Queries;

/// <summary>
/// A field selector on any path of an object: an API server supports a few fields per kind, the rest is evaluated here.
/// </summary>
internal sealed class FieldFilter
{
    private readonly FieldSelector _selector;
    private readonly Dictionary<string, JsonPath> _paths;

    private FieldFilter(FieldSelector selector, Dictionary<string, JsonPath> paths) => (_selector, _paths) = (selector, paths);

    public static FieldFilter Parse(string text)
    {
        if (!FieldSelector.TryParse(text, out var selector, out var error))
        {
            throw new QueryException("fieldSelector", error);
        }

        QueryLimits.Demand("fieldSelector", selector.Requirements.Count, QueryLimits.FieldTerms, "terms");
        QueryLimits.DemandCheap("fieldSelector", selector.Requirements.Select(requirement => requirement.Field));
        var paths = new Dictionary<string, JsonPath>(StringComparer.Ordinal);
        foreach (var requirement in selector.Requirements)
        {
            if (requirement.Field.Contains("..", StringComparison.Ordinal))
            {
                // Every value below every member: too much to read in each object, and mostly a mistake.
                throw new QueryException(
                    "fieldSelector",
                    $"'{requirement.Field}' is not a path for a filter: '..' searches the whole object; name the members"
                );
            }

            if (!JsonPath.TryParse("." + requirement.Field, out var path, out var reason))
            {
                throw new QueryException("fieldSelector", $"'{requirement.Field}' is not a path: {reason}");
            }

            paths[requirement.Field] = path;
        }

        return new(selector, paths);
    }

    /// <summary>A field that is absent counts as the empty text, as API servers have it.</summary>
    public bool Matches(RawObject o)
    {
        using var json = o.Open();
        foreach (var requirement in _selector.Requirements)
        {
            if (!requirement.Matches(_paths[requirement.Field].ReadText(json.Span) ?? ""))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => _selector.ToString();
}
