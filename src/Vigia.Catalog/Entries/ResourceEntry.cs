using Vigia.Catalog.Entries;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Projections;
using Vigia.Kubernetes;

namespace Vigia.Catalog;

/// <summary>
/// A resource in the catalog: everything that informers, routes, streams and tables need. Data, not code.
/// </summary>
/// <remarks><b>Guarantees.</b> Immutable and thread-safe. <see cref="Project"/> never throws.</remarks>
public sealed class ResourceEntry
{
    // The one group outside Kubernetes with kinds known to this code.
    private const string DaskGroup = "kubernetes.dask.org";

    private readonly CellProjection[] _cells;

    internal ResourceEntry(
        string name,
        IReadOnlyList<string> aliases,
        IReadOnlyList<GroupVersionResource> versions,
        string kind,
        bool namespaced,
        int tier,
        string icon,
        bool metadataOnly,
        IReadOnlyList<Column> columns,
        CellProjection[] cells,
        IReadOnlyList<int> searchColumns
    )
    {
        (Name, Aliases, Versions, Kind, Namespaced) = (name, aliases, versions, kind, namespaced);
        (Tier, Icon, MetadataOnly, Columns, SearchColumns) = (tier, icon, metadataOnly, columns, searchColumns);
        KnownKind = versions.All(version => KubernetesGroups.Contains(version.Group) || version.Group == DaskGroup) ? kind : "";
        _cells = cells;
    }

    /// <summary>The name in URLs, commands and cursors: the plural, as <c>pods</c>.</summary>
    public string Name { get; }

    /// <summary>Other names it goes by, as <c>po</c>.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>Its possible versions, most wanted first: the first that a server has is used.</summary>
    public IReadOnlyList<GroupVersionResource> Versions { get; }

    /// <summary>The kind, as <c>Pod</c>.</summary>
    public string Kind { get; }

    /// <summary>
    /// The kind, if code may use its meaning: health, description, keys. Empty for a kind of another group, which may
    /// have the same name as a built-in one (Knative's Service, Rancher's Node) and another meaning.
    /// </summary>
    internal string KnownKind { get; }

    /// <summary>True if its objects live in namespaces.</summary>
    public bool Namespaced { get; }

    /// <summary>
    /// The tier, which decides when it is loaded: 1 first and alone, 2 and 3 after it in parallel, 4 on the first
    /// request.
    /// </summary>
    public int Tier { get; }

    /// <summary>A short sign for menus.</summary>
    public string Icon { get; }

    /// <summary>True if only metadata is ever fetched: the rest (a Secret's values) is nowhere in memory.</summary>
    public bool MetadataOnly { get; }

    /// <summary>The columns, NAME among them, in kubectl's order with <c>-o wide</c>.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The indexes of the columns that a search uses, in addition to namespace and name.</summary>
    public IReadOnlyList<int> SearchColumns { get; }

    /// <summary>
    /// Computes the row of an object. A projection that fails gives a row with <see cref="Row.Error"/> and has no other
    /// effect.
    /// </summary>
    public Row Project(RawObject obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var cells = new Cell[_cells.Length];
        try
        {
            using var json = obj.Open();
            var context = new ProjectionContext(new JsonView(json.Span), obj);
            for (var i = 0; i < cells.Length; i++)
            {
                cells[i] = _cells[i](ref context);
            }

            return new Row(this, cells, Healths.Of(KnownKind, ref context), null);
        }
        catch (Exception failed)
        {
            Array.Fill(cells, Cell.Of("<error>"));
            if (Columns.Index().FirstOrDefault(column => column.Item.Key == "name") is { Item: not null } name)
            {
                cells[name.Index] = Cell.Of(obj.Name);
            }

            return new Row(this, cells, RowHealth.Bad, $"the projection of {Kind} {obj.Key} failed: {failed.Message}");
        }
    }

    /// <summary>The row of an object, computed once per version and stored with it.</summary>
    public Row RowOf(RawObject obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj.Projection is Row row && ReferenceEquals(row.Entry, this))
        {
            return row;
        }

        row = Project(obj);
        obj.Projection = row;
        return row;
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
