using System.Globalization;
using Microsoft.AspNetCore.Http;
using Vigia.Catalog;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>Page, size and order of a list.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Items a page, 1 to 1,000; default 100.</param>
/// <param name="Sort">
/// Column indexes (-1 for the namespace, -2 for the name, -3 for the cluster) with their directions, most important
/// first.
/// </param>
internal sealed record ListRequestParameters(int Page, int Limit, IReadOnlyList<(int Column, bool Descending)> Sort)
{
    public const int ByNamespace = -1;
    public const int ByName = -2;
    public const int ByCluster = -3;

    /// <summary>Items a page at most.</summary>
    internal const int MaxLimit = 1000;

    /// <summary>Items a page where nothing is said.</summary>
    internal const int DefaultLimit = 100;

    public static ListRequestParameters Parse(IQueryCollection query, ResourceEntry entry) =>
        new(
            Number(query, "page", 1, int.MaxValue),
            Number(query, "limit", DefaultLimit, MaxLimit),
            [.. Order(query["sort"].ToString(), entry)]
        );

    private static int Number(IQueryCollection query, string name, int absent, int most)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? absent
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
            : throw new QueryException(
                name,
                most == int.MaxValue ? $"'{text}' is not a number of at least 1" : $"'{text}' is not a number from 1 to {most}"
            );
    }

    private static IEnumerable<(int, bool)> Order(string text, ResourceEntry entry)
    {
        var terms = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        QueryLimits.Demand("sort", terms.Length, QueryLimits.SortColumns, "columns");
        foreach (var term in terms)
        {
            var descending = term[0] == '-';
            var key = term.TrimStart('-');
            var column = key switch
            {
                "namespace" => ByNamespace,
                "name" => ByName,
                "cluster" => ByCluster,
                _ => entry.Columns.Index().Where(pair => pair.Item.Key == key).Select(pair => (int?)pair.Index).FirstOrDefault()
                    ?? throw new QueryException(
                        "sort",
                        $"'{key}' is not a column of {entry.Name}; it has cluster, namespace, "
                            + $"{string.Join(", ", entry.Columns.Select(c => c.Key))}"
                    ),
            };
            yield return (column, descending);
        }
    }
}
