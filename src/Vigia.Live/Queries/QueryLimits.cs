namespace Vigia.Live.Queries;

/// <summary>
/// What a query may hold at most. A query is evaluated on every object of a list and on every change of a stream, so
/// that each of its terms costs; what people and programs write is far below.
/// </summary>
internal static class QueryLimits
{
    /// <summary>Characters of a selector or search.</summary>
    public const int Characters = 8 * 1024;

    /// <summary>Names of namespaces or clusters.</summary>
    public const int Names = 1000;

    /// <summary>Terms of a label selector, and the values in them, together.</summary>
    public const int LabelTerms = 500;

    /// <summary>Terms of a field selector.</summary>
    public const int FieldTerms = 32;

    /// <summary>Terms of a search.</summary>
    public const int SearchTerms = 32;

    /// <summary>Paths in <c>changed</c>.</summary>
    public const int ChangedPaths = 64;

    /// <summary>Columns to sort by.</summary>
    public const int SortColumns = 8;

    /// <summary>
    /// What the paths of a selector may cost together: a plain path costs 1, and each wildcard or filter in it makes it
    /// four times as dear, since it walks all that is there.
    /// </summary>
    public const int PathCost = 256;

    /// <summary>Refuses paths that would cost too much to follow in every object.</summary>
    /// <exception cref="QueryException">They would.</exception>
    public static void DemandCheap(string parameter, IEnumerable<string> paths)
    {
        var cost = paths.Sum(path => Math.Pow(4, path.Count(c => c is '*' or '?') + (path.Split("..").Length - 1)));
        if (cost > PathCost)
        {
            throw new QueryException(
                parameter,
                $"following its paths in every object would cost {Math.Min(cost, 1e9):0}, and at most {PathCost} is "
                    + "allowed: a path costs 1, four times as much for each * or filter in it"
            );
        }
    }

    /// <summary>Refuses what is above a limit.</summary>
    /// <exception cref="QueryException">There are more.</exception>
    public static void Demand(string parameter, int count, int most, string things)
    {
        if (count > most)
        {
            throw new QueryException(parameter, $"it has {count} {things}; at most {most} are allowed");
        }
    }
}
