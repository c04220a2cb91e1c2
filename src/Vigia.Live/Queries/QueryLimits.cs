namespace Vigia.Live.Queries;

/// <summary>
/// The limits of a query. A query is evaluated on every object of a list and on every change of a stream, so each of
/// its terms has a cost; the queries of people and programs are far below the limits.
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
    /// The limit of the total cost of a selector's paths: a plain path costs 1, and each wildcard or filter in it four
    /// times as much, since it visits all members.
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

    /// <summary>Refuses a value above a limit.</summary>
    /// <exception cref="QueryException">There are more.</exception>
    public static void Demand(string parameter, int count, int most, string things)
    {
        if (count > most)
        {
            throw new QueryException(parameter, $"it has {count} {things}; at most {most} are allowed");
        }
    }
}
