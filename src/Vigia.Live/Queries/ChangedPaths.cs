using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Live.Queries;

/// <summary>
/// The paths whose change matters to a stream (<c>changed=spec.replicas,spec.template.spec.containers[*].image</c>): an
/// update that changes none of them is not sent.
/// </summary>
internal sealed class ChangedPaths
{
    private readonly JsonPath[] _paths;

    private ChangedPaths(JsonPath[] paths) => _paths = paths;

    /// <summary>Reads the values of the parameter, several paths joined by commas; null if there are none.</summary>
    public static ChangedPaths? Parse(IEnumerable<string?> values)
    {
        var paths = new List<JsonPath>();
        foreach (var text in values.SelectMany(value => Split(value ?? "")))
        {
            if (text.Contains("..", StringComparison.Ordinal))
            {
                throw new QueryException(
                    "changed",
                    $"'{text}' is not a path for a filter: '..' searches the whole object; name the members"
                );
            }

            paths.Add(
                JsonPath.TryParse(text[0] is '.' or '[' or '{' ? text : "." + text, out var path, out var error)
                    ? path
                    : throw new QueryException("changed", $"'{text}' is not a path: {error}")
            );
            QueryLimits.Demand("changed", paths.Count, QueryLimits.ChangedPaths, "paths");
        }

        QueryLimits.DemandCheap("changed", paths.Select(path => path.ToString()));
        return paths.Count == 0 ? null : new ChangedPaths([.. paths]);
    }

    /// <summary>True if a path leads to something else in the two versions.</summary>
    public bool Differ(RawObject old, RawObject next)
    {
        using var before = old.Open();
        using var after = next.Open();
        foreach (var path in _paths)
        {
            if (!string.Equals(path.ReadText(before.Span), path.ReadText(after.Span), StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>For the query's canonical text.</summary>
    public override string ToString() => $"&changed={string.Join(',', _paths.Select(path => path.ToString()))}";

    /// <summary>Splits at commas outside of brackets.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                var part = text[start..i].Trim();
                start = i + 1;
                if (part.Length > 0)
                {
                    yield return part;
                }
            }
            else
            {
                depth += text[i] switch
                {
                    '[' => 1,
                    ']' => -1,
                    _ => 0,
                };
            }
        }
    }
}
