using System.Globalization;
using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Live.Queries;

/// <summary>A caller's filter: the same text means the same in lists and streams.</summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable. A match is a function of the object alone, so its old and new version show whether an
/// object enters or leaves a filter.
/// </remarks>
public sealed class LiveQuery
{
    private readonly HashSet<string> _namespaces;
    private readonly HashSet<string> _clusters;
    private readonly LabelSelector? _labels;
    private readonly FieldFilter? _fields;
    private readonly SearchQuery? _search;
    private readonly ChangedPaths? _changed;
    private readonly Func<RawObject, bool>? _also;

    private LiveQuery(
        HashSet<string> namespaces,
        HashSet<string> clusters,
        LabelSelector? labels,
        FieldFilter? fields,
        SearchQuery? search,
        ChangedPaths? changed,
        string text,
        Func<RawObject, bool>? also
    )
    {
        (_namespaces, _clusters, _labels, _fields, _search, _changed, _also) = (
            namespaces,
            clusters,
            labels,
            fields,
            search,
            changed,
            also
        );
        Text = text;
        Fingerprint = Fingerprints.Of(text);
    }

    /// <summary>Matches everything.</summary>
    public static LiveQuery Everything { get; } = new([], [], null, null, null, null, "", null);

    /// <summary>The query without parameters: everything, under a text of its own that cursors contain.</summary>
    private static LiveQuery Unfiltered { get; } = new([], [], null, null, null, null, "ns=&cluster=&labels=&fields=&search=", null);

    /// <summary>The query in a canonical form, for messages.</summary>
    public string Text { get; }

    /// <summary>Equal for equal queries, and short: part of a stream's cursor.</summary>
    public string Fingerprint { get; }

    /// <summary>
    /// The only namespace of the query, or null if there are none or several: then an index can answer.
    /// </summary>
    public string? OnlyNamespace => _namespaces.Count == 1 ? _namespaces.First() : null;

    /// <summary>The label selector's text, for the API server; empty if there is none.</summary>
    public string LabelSelectorText => _labels?.ToString() ?? "";

    /// <summary>
    /// True if the result for an object can never change while it exists: only its namespace decides.
    /// </summary>
    public bool IsFixed => _labels is null && IsServerSide;

    /// <summary>True if the rest of an object's body decides, which a tombstone no longer has.</summary>
    public bool NeedsBody => _fields is not null || _also is not null;

    /// <summary>True if only the namespaces and labels decide, which an API server can filter by itself.</summary>
    public bool IsServerSide => _fields is null && _search is null && _also is null;

    /// <summary>True if nothing is filtered out.</summary>
    public bool IsEverything => _namespaces.Count == 0 && _labels is null && _fields is null && _search is null && _also is null;

    /// <summary>
    /// Makes a query of the parameters <c>namespace</c>, <c>labelSelector</c>, <c>fieldSelector</c>, <c>search</c>,
    /// <c>cluster</c> and <c>changed</c>.
    /// </summary>
    /// <param name="parameters">
    /// Gives all values of a parameter; several namespaces or clusters may also be joined by commas.
    /// </param>
    /// <exception cref="QueryException">A parameter cannot be understood: names it and says why.</exception>
    public static LiveQuery Parse(Func<string, IEnumerable<string?>> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var namespaces = Names("namespace", parameters("namespace"));
        var clusters = Clusters(parameters("cluster"));
        var labels = Single(parameters, "labelSelector") is { } labelText ? ParseLabels(labelText) : null;
        var fields = Single(parameters, "fieldSelector") is { } fieldText ? FieldFilter.Parse(fieldText) : null;
        var searchText = Single(parameters, "search");
        var changed = ChangedPaths.Parse(parameters("changed"));
        return Create(namespaces, clusters, labels, fields, searchText, changed);
    }

    /// <summary>This query and a condition of a preset's, which <paramref name="text"/> identifies.</summary>
    public LiveQuery And(string text, Func<RawObject, bool> condition) =>
        new(
            _namespaces,
            _clusters,
            _labels,
            _fields,
            _search,
            _changed,
            $"{Text}&{text}",
            _also is null ? condition : o => _also(o) && condition(o)
        );

    /// <summary>A query by namespace, labels and clusters, for presets.</summary>
    public static LiveQuery Of(string? ns, string? labelSelector, IEnumerable<string?>? clusters = null) =>
        Create(
            ns is null ? [] : [ns],
            Clusters(clusters ?? []),
            string.IsNullOrEmpty(labelSelector) ? null : ParseLabels(labelSelector),
            null,
            null,
            null
        );

    /// <summary>True if the cluster is wanted.</summary>
    public bool MatchesCluster(string cluster) => _clusters.Count == 0 || _clusters.Contains(cluster);

    /// <summary>True if the object is wanted. The row is projected only where the search needs it.</summary>
    public bool Matches(RawObject o, ResourceEntry entry)
    {
        ArgumentNullException.ThrowIfNull(o);
        ArgumentNullException.ThrowIfNull(entry);
        return (_namespaces.Count == 0 || _namespaces.Contains(o.Namespace))
            && (_labels is null || _labels.Matches(o.Labels))
            && (_also is null || _also(o))
            && (_fields is null || _fields.Matches(o))
            && (_search is null || _search.Matches(entry.RowOf(o).SearchText(o)));
    }

    /// <summary>
    /// True if an update of an object that matches before and after is worth telling: one of the paths in
    /// <c>changed</c> leads to something else, or none was given.
    /// </summary>
    public bool IsOfInterest(RawObject old, RawObject next) => _changed is null || _changed.Differ(old, next);

    private static LiveQuery Create(
        HashSet<string> namespaces,
        HashSet<string> clusters,
        LabelSelector? labels,
        FieldFilter? fields,
        string? search,
        ChangedPaths? changed
    )
    {
        // Most streams have no filter; they share one query.
        if (namespaces.Count == 0 && clusters.Count == 0 && labels is null && fields is null && search is null && changed is null)
        {
            return Unfiltered;
        }

        var escaped = clusters.Select(cluster => cluster.Replace(",", @"\,", StringComparison.Ordinal));
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"ns={string.Join(',', namespaces.Order(StringComparer.Ordinal))}"
                + $"&cluster={string.Join(',', escaped.Order(StringComparer.Ordinal))}"
                + $"&labels={labels}&fields={fields}&search={search}{changed}"
        );
        return new(namespaces, clusters, labels, fields, search is null ? null : ParseSearch(search), changed, text, null);
    }

    private static SearchQuery ParseSearch(string text)
    {
        var search = SearchQuery.Parse(text);
        QueryLimits.Demand("search", search.Count, QueryLimits.SearchTerms, "terms");
        return search;
    }

    private static LabelSelector ParseLabels(string text)
    {
        if (!LabelSelector.TryParse(text, out var selector, out var error))
        {
            throw new QueryException("labelSelector", error);
        }

        QueryLimits.Demand(
            "labelSelector",
            selector.Requirements.Sum(requirement => 1 + requirement.Values.Count),
            QueryLimits.LabelTerms,
            "terms and values"
        );
        return selector;
    }

    private static HashSet<string> Clusters(IEnumerable<string?> values) => Bounded("cluster", values.SelectMany(ClusterNames.Split));

    private static HashSet<string> Names(string parameter, IEnumerable<string?> values) =>
        Bounded(
            parameter,
            values.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        );

    private static HashSet<string> Bounded(string parameter, IEnumerable<string> values)
    {
        var names = values.ToHashSet(StringComparer.Ordinal);
        QueryLimits.Demand(parameter, names.Count, QueryLimits.Names, "names");
        return names;
    }

    private static string? Single(Func<string, IEnumerable<string?>> parameters, string name)
    {
        var values = parameters(name).Where(value => !string.IsNullOrWhiteSpace(value)).ToArray();
        if (Array.Exists(values, value => value!.Length > QueryLimits.Characters))
        {
            throw new QueryException(name, $"it is longer than {QueryLimits.Characters} characters");
        }

        return values.Length switch
        {
            0 => null,
            1 => values[0],
            _ => throw new QueryException(name, $"it is given {values.Length} times; join the terms in one"),
        };
    }
}
