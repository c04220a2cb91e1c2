using System.Globalization;
using Vigia.Catalog;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Selectors;

namespace Vigia.Gateway.Queries;

/// <summary>What a caller wants to see: the same text means the same in lists and streams.</summary>
/// <remarks><b>Guarantees.</b> Immutable; a match is a function of the object alone, so an object that enters or leaves a filter can be told from its old and new version.</remarks>
public sealed class LiveQuery
{
    private readonly HashSet<string> _namespaces;
    private readonly HashSet<string> _clusters;
    private readonly LabelSelector? _labels;
    private readonly FieldFilter? _fields;
    private readonly SearchQuery? _search;
    private readonly Func<RawObject, bool>? _also;

    private LiveQuery(HashSet<string> namespaces, HashSet<string> clusters, LabelSelector? labels, FieldFilter? fields, SearchQuery? search, string text, Func<RawObject, bool>? also)
    {
        (_namespaces, _clusters, _labels, _fields, _search, _also) = (namespaces, clusters, labels, fields, search, also);
        Text = text;
        Fingerprint = Fingerprints.Of(text);
    }

    /// <summary>Matches everything.</summary>
    public static LiveQuery Everything { get; } = new([], [], null, null, null, "", null);

    /// <summary>The query in a canonical form, for messages.</summary>
    public string Text { get; }

    /// <summary>Equal for equal queries, and short: part of a stream's cursor.</summary>
    public string Fingerprint { get; }

    /// <summary>The only namespace asked for, or null where there are none or several: then an index can answer.</summary>
    public string? OnlyNamespace => _namespaces.Count == 1 ? _namespaces.First() : null;

    /// <summary>The label selector's text, for the API server; empty where there is none.</summary>
    public string LabelSelectorText => _labels?.ToString() ?? "";

    /// <summary>True where only the namespaces and labels decide: what an API server can filter by itself.</summary>
    public bool IsServerSide => _fields is null && _search is null && _also is null;

    /// <summary>True where nothing is filtered out.</summary>
    public bool IsEverything => _namespaces.Count == 0 && _labels is null && _fields is null && _search is null && _also is null;

    /// <summary>Makes a query of the parameters <c>namespace</c>, <c>labelSelector</c>, <c>fieldSelector</c>, <c>search</c> and <c>cluster</c>.</summary>
    /// <param name="parameters">Gives all values of a parameter; several namespaces or clusters may also be joined by commas.</param>
    /// <exception cref="QueryException">A parameter cannot be understood: names it and says why.</exception>
    public static LiveQuery Parse(Func<string, IEnumerable<string?>> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var namespaces = Names(parameters("namespace"));
        var clusters = Names(parameters("cluster"));
        var labels = Single(parameters, "labelSelector") is { } labelText ? ParseLabels(labelText) : null;
        var fields = Single(parameters, "fieldSelector") is { } fieldText ? FieldFilter.Parse(fieldText) : null;
        var searchText = Single(parameters, "search");
        return Create(namespaces, clusters, labels, fields, searchText, null, "");
    }

    /// <summary>This query and a condition of a preset's, which <paramref name="text"/> identifies.</summary>
    public LiveQuery And(string text, Func<RawObject, bool> condition)
        => new(_namespaces, _clusters, _labels, _fields, _search, $"{Text}&{text}", _also is null ? condition : o => _also(o) && condition(o));

    /// <summary>A query by namespace and labels, for presets.</summary>
    public static LiveQuery Of(string? ns, string? labelSelector)
        => Create(ns is null ? [] : [ns], [], string.IsNullOrEmpty(labelSelector) ? null : ParseLabels(labelSelector), null, null, null, "");

    /// <summary>True where the cluster is wanted.</summary>
    public bool MatchesCluster(string cluster) => _clusters.Count == 0 || _clusters.Contains(cluster);

    /// <summary>True where the object is wanted. The row is projected only where the search needs it.</summary>
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

    private static LiveQuery Create(HashSet<string> namespaces, HashSet<string> clusters, LabelSelector? labels, FieldFilter? fields, string? search, Func<RawObject, bool>? also, string extra)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"ns={string.Join(',', namespaces.Order(StringComparer.Ordinal))}&cluster={string.Join(',', clusters.Order(StringComparer.Ordinal))}&labels={labels}&fields={fields}&search={search}{extra}");
        return new(namespaces, clusters, labels, fields, search is null ? null : SearchQuery.Parse(search), text, also);
    }

    private static LabelSelector ParseLabels(string text)
        => LabelSelector.TryParse(text, out var selector, out var error) ? selector : throw new QueryException("labelSelector", error);

    private static HashSet<string> Names(IEnumerable<string?> values)
        => values.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.Ordinal);

    private static string? Single(Func<string, IEnumerable<string?>> parameters, string name)
    {
        var values = parameters(name).Where(value => !string.IsNullOrWhiteSpace(value)).ToArray();
        return values.Length switch
        {
            0 => null,
            1 => values[0],
            _ => throw new QueryException(name, $"it is given {values.Length} times; join the terms in one"),
        };
    }
}
