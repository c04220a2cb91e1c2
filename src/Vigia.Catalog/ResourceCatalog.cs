using Vigia.Catalog.Entries;
using Vigia.Catalog.Projections;
using Vigia.Kubernetes;

namespace Vigia.Catalog;

/// <summary>
/// All resources that are known: the registry from which informers, routes, streams, tables and searches follow.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable. A new resource is one entry in a file (docs/how-to-add-a-resource.md) and nothing
/// else.
/// </remarks>
public sealed class ResourceCatalog
{
    private static readonly Lazy<ResourceCatalog> Embedded = new(() => Load([]));

    private static readonly Lazy<ResourceCatalog> Rarer = new(() => Load(["others.yaml"], [], new CatalogReader()));

    private readonly Dictionary<string, ResourceEntry> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string[]> _ambiguous = new(StringComparer.OrdinalIgnoreCase);

    private ResourceCatalog(IReadOnlyList<ResourceEntry> entries, IReadOnlyList<PresetStream> presets)
    {
        (Entries, Presets) = (entries, presets);

        // Exact names first: an alias never hides another entry's name.
        foreach (var entry in entries)
        {
            _byName[entry.Name] = entry;
        }

        foreach (var entry in entries)
        {
            foreach (var name in entry.Aliases.Append(entry.Kind).Concat(entry.Versions.Select(version => version.GroupResource)))
            {
                _byName.TryAdd(name, entry);
            }
        }
    }

    private ResourceCatalog(ResourceCatalog known, IReadOnlyList<ResourceEntry> custom)
        : this([.. known.Entries, .. custom], known.Presets)
    {
        // A short name that two custom resources claim names neither: which one is meant must not depend on which came
        // first.
        foreach (
            var claims in custom
                .SelectMany(entry => entry.Aliases.Append(entry.Kind).Select(name => (Name: name, entry.Name)))
                .Distinct()
                .GroupBy(claim => claim.Name, StringComparer.OrdinalIgnoreCase)
        )
        {
            var names = claims.Select(claim => claim.Item2).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
            if (names.Length > 1 && known.Find(claims.Key) is null)
            {
                _byName.Remove(claims.Key);
                _ambiguous[claims.Key] = names;
            }
        }
    }

    /// <summary>The entries that come with the library.</summary>
    public static ResourceCatalog BuiltIn => Embedded.Value;

    /// <summary>Built-in kinds that the gateway does not serve, in kubectl's columns.</summary>
    internal static ResourceCatalog Others => Rarer.Value;

    /// <summary>Every entry, in the files' order.</summary>
    public IReadOnlyList<ResourceEntry> Entries { get; }

    /// <summary>The ready-made streams.</summary>
    public IReadOnlyList<PresetStream> Presets { get; }

    /// <summary>
    /// Finds an entry by its name, an alias, its kind or <c>resource.group</c>, whatever the case; null if there is
    /// none.
    /// </summary>
    public ResourceEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// This catalog with additional custom resources, which are named <c>plural.group</c>; their short names are used
    /// only if nothing else has them.
    /// </summary>
    /// <param name="custom">Entries of <c>ForCustomResource</c>.</param>
    public ResourceCatalog With(IReadOnlyList<ResourceEntry> custom)
    {
        ArgumentNullException.ThrowIfNull(custom);
        return custom.Count == 0 ? this : new(this, custom);
    }

    /// <summary>Why a name was not found, and what there is: for messages.</summary>
    public string Explain(string name) =>
        _ambiguous.TryGetValue(name, out var names)
            ? $"'{name}' is ambiguous: use {string.Join(" or ", names)}"
            : $"'{name}' is not a resource of this gateway; it has {Suggest()}";

    /// <summary>All names, for messages.</summary>
    public string Suggest() => string.Join(", ", Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));

    /// <summary>
    /// The built-in entries and those of files, which may replace them by name, or drop them with <c>disabled:
    /// true</c>.
    /// </summary>
    /// <exception cref="CatalogException">Files cannot be read or are wrong: all faults at once.</exception>
    public static ResourceCatalog Load(IEnumerable<string> files) => Load(files, new CatalogReader());

    /// <summary>
    /// As <see cref="Load(IEnumerable{string})"/>, for files with other members besides <c>resources</c> and
    /// <c>presets</c>, which another reader checks.
    /// </summary>
    /// <exception cref="CatalogException">Files cannot be read or are wrong: all faults at once.</exception>
    public static ResourceCatalog LoadPartOf(IEnumerable<string> files) => Load(files, new CatalogReader { IsPartOfMore = true });

    private static ResourceCatalog Load(IEnumerable<string> files, CatalogReader reader) =>
        Load(["kubernetes.yaml", "dask.yaml", "presets.yaml"], files, reader);

    private static ResourceCatalog Load(IEnumerable<string> embedded, IEnumerable<string> files, CatalogReader reader)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var name in embedded)
        {
            using var stream = typeof(ResourceCatalog).Assembly.GetManifestResourceStream(name)!;
            using var text = new StreamReader(stream);
            reader.Read(name, text);
        }

        foreach (var file in files)
        {
            reader.ReadFile(file);
        }

        var (entries, presets) = reader.Finish();
        return new ResourceCatalog(entries, presets);
    }

    /// <summary>
    /// An entry for a custom resource in one version, from its definition's printer columns; it goes by
    /// <c>plural.group</c>, since plurals are not unique.
    /// </summary>
    /// <param name="resource">The served resource.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="namespaced">Whether its objects live in namespaces.</param>
    /// <param name="aliases">Its singular and short names.</param>
    /// <param name="columns">
    /// Name, JSONPath, type (<c>string</c>, <c>integer</c>, <c>date</c> …) and priority of each printer column.
    /// </param>
    public static ResourceEntry ForCustomResource(
        GroupVersionResource resource,
        string kind,
        bool namespaced,
        IReadOnlyList<string> aliases,
        IReadOnlyList<(string Name, string Path, string Type, int Priority)> columns
    ) => ForCustomResource(resource.GroupResource, [resource], kind, namespaced, aliases, columns);

    /// <summary>An entry for a custom resource.</summary>
    /// <param name="name">Its name: <c>plural.group</c>.</param>
    /// <param name="versions">Its possible versions, most wanted first.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="namespaced">Whether its objects live in namespaces.</param>
    /// <param name="aliases">Its plural, singular and short names.</param>
    /// <param name="columns">Name, JSONPath, type and priority of each printer column.</param>
    public static ResourceEntry ForCustomResource(
        string name,
        IReadOnlyList<GroupVersionResource> versions,
        string kind,
        bool namespaced,
        IReadOnlyList<string> aliases,
        IReadOnlyList<(string Name, string Path, string Type, int Priority)> columns
    )
    {
        ArgumentNullException.ThrowIfNull(columns);
        var made = new List<Column> { new("NAME", "name", ColumnType.Text, false, "") };
        var cells = new List<CellProjection> { Computations.Find("name")! };
        foreach (var (title, text, type, priority) in columns)
        {
            // A path that cannot be understood is said to be so in each cell: an empty column would look like objects
            // without a value.
            var path = JsonPath.TryParseColumn(text, out var parsed, out var wrong) ? parsed : null;
            var columnType = path is null ? ColumnType.Text : PrinterCell.ColumnTypeOf(type);
            var key = Column.KeyOf(title);
            for (var n = 2; made.Exists(column => column.Key == key); n++)
            {
                key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Column.KeyOf(title)}{n}");
            }

            made.Add(new(title.ToUpperInvariant(), key, columnType, priority > 0, path is null ? $"its path is invalid: {wrong}" : ""));
            cells.Add(
                path is null
                    ? static (ref _) => Cell.Of("<bad path>")
                    : (ref context) => PrinterCell.Read(path, type, context.Json.Raw) ?? Cell.Of("")
            );
        }

        // Only a definition without columns gets an age of its own (apiextensions does the same).
        if (columns.Count == 0)
        {
            made.Add(new("AGE", "age", ColumnType.Age, false, ""));
            cells.Add(Computations.Find("age")!);
        }

        return new(
            name,
            aliases,
            versions,
            kind,
            namespaced,
            4,
            "◇",
            false,
            made,
            [.. cells],
            [
                .. made.Index()
                    .Where(column => column.Item.Type == ColumnType.Text && column.Item.Key != "name")
                    .Select(column => column.Index),
            ]
        );
    }
}
