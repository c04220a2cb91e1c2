using System.Globalization;
using Vigia.Catalog.Projections;
using Vigia.Kubernetes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Catalog.Entries;

/// <summary>Reads catalog files; gathers every fault before it complains.</summary>
internal sealed class CatalogReader
{
    private static readonly string[] EntryMembers =
    [
        "name",
        "aliases",
        "versions",
        "kind",
        "namespaced",
        "tier",
        "icon",
        "metadataOnly",
        "columns",
        "search",
        "disabled",
    ];
    private static readonly string[] ColumnMembers = ["name", "path", "compute", "type", "wide", "description", "default"];
    private static readonly string[] PresetMembers = ["path", "resource", "target", "kinds", "fields"];

    private readonly List<string> _faults = [];
    private readonly Dictionary<string, ResourceEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly Dictionary<string, PresetStream> _presets = new(StringComparer.Ordinal);
    private string _file = "";

    /// <summary>True if the files contain other members too, which another reader checks.</summary>
    public bool IsPartOfMore { get; init; }

    public void ReadFile(string path)
    {
        try
        {
            using var text = new StreamReader(path);
            Read(path, text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _faults.Add($"{path}: cannot be read: {error.Message}");
        }
    }

    public void Read(string file, TextReader text)
    {
        _file = file;
        var yaml = new YamlStream();
        try
        {
            yaml.Load(text);
        }
        catch (YamlException error)
        {
            Fault(error.Start, error.Message);
            return;
        }

        if (yaml.Documents.Count == 0)
        {
            return;
        }

        if (yaml.Documents[0].RootNode is not YamlMappingNode root)
        {
            Fault(yaml.Documents[0].RootNode.Start, "expected the members resources and presets");
            return;
        }

        if (!IsPartOfMore)
        {
            CheckMembers(root, ["resources", "presets"], "a catalog file");
        }

        foreach (var node in Sequence(root, "resources"))
        {
            Entry(node);
        }

        foreach (var node in Sequence(root, "presets"))
        {
            Preset(node);
        }
    }

    public (IReadOnlyList<ResourceEntry> Entries, IReadOnlyList<PresetStream> Presets) Finish()
    {
        foreach (var preset in _presets.Values)
        {
            if (!_entries.ContainsKey(preset.Resource))
            {
                _faults.Add($"preset '{preset.Path}': there is no resource named '{preset.Resource}'");
            }
        }

        return _faults.Count == 0
            ? ([.. _order.Where(_entries.ContainsKey).Select(name => _entries[name])], [.. _presets.Values])
            : throw new CatalogException(_faults);
    }

    /// <summary>A cell that a path leads to.</summary>
    public static CellProjection PathCell(JsonPath? path, ColumnType type, string absent, bool absentIsZero = true) =>
        (ref context) =>
        {
            var text = path?.ReadText(context.Json.Raw);
            return type switch
            {
                ColumnType.Age => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                    ? Cell.Of(time)
                    : Cell.Of(absent),
                ColumnType.Number when string.IsNullOrEmpty(text) => absentIsZero ? Cell.Of(0) : Cell.Of(absent),
                ColumnType.Number when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
                    Cell.Of(number),
                ColumnType.Decimal when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => Cell.Of(number),
                _ => Cell.Of(string.IsNullOrEmpty(text) ? absent : Projections.Texts.Shared(text)),
            };
        };

    private void Entry(YamlNode node)
    {
        if (node is not YamlMappingNode entry)
        {
            Fault(node.Start, "expected an entry with name, versions, kind and columns");
            return;
        }

        CheckMembers(entry, EntryMembers, "an entry");
        var name = Required(entry, "name");
        if (name is null)
        {
            return;
        }

        if (Flag(entry, "disabled"))
        {
            _entries.Remove(name);
            return;
        }

        var kind = Required(entry, "kind");
        var versions = Texts(entry, "versions").Select(version => Version(version, name)).ToArray();
        if (versions.Length == 0)
        {
            Fault(entry.Start, $"'{name}' lacks versions, for example [v1] or [apps/v1]");
        }

        var tierText = Optional(entry, "tier") ?? "4";
        if (!int.TryParse(tierText, NumberStyles.None, CultureInfo.InvariantCulture, out var tier) || tier is < 1 or > 4)
        {
            Fault(entry.Start, $"'{name}': tier is '{tierText}', expected 1 to 4");
        }

        var columns = new List<Column>();
        var cells = new List<CellProjection>();
        foreach (var column in Sequence(entry, "columns"))
        {
            ReadColumn(column, name, columns, cells);
        }

        if (columns.Count == 0)
        {
            columns.AddRange([new("NAME", "name", ColumnType.Text, false, ""), new("AGE", "age", ColumnType.Age, false, "")]);
            cells.AddRange([Computations.Find("name")!, Computations.Find("age")!]);
        }

        foreach (var duplicate in columns.GroupBy(column => column.Key).Where(group => group.Count() > 1))
        {
            Fault(entry.Start, $"'{name}' has two columns with the key '{duplicate.Key}'");
        }

        var search = new List<int>();
        foreach (var field in Texts(entry, "search"))
        {
            var index = columns.FindIndex(column => column.Name == field);
            if (index < 0)
            {
                Fault(entry.Start, $"'{name}': search has '{field}', which is not a column");
            }
            else
            {
                search.Add(index);
            }
        }

        if (kind is null)
        {
            return;
        }

        if (!_order.Contains(name))
        {
            _order.Add(name);
        }

        // Whatever a file says of Secrets: their values are nowhere in memory.
        var metadataOnly = Flag(entry, "metadataOnly") || Array.Exists(versions, version => version is { Group: "", Resource: "secrets" });
        _entries[name] = new(
            name,
            [.. Texts(entry, "aliases")],
            versions,
            kind,
            Optional(entry, "namespaced") is null || Flag(entry, "namespaced"),
            tier,
            Optional(entry, "icon") ?? "◇",
            metadataOnly,
            columns,
            [.. cells],
            search
        );
    }

    private void ReadColumn(YamlNode node, string entry, List<Column> columns, List<CellProjection> cells)
    {
        if (node is not YamlMappingNode column)
        {
            Fault(node.Start, $"'{entry}': expected a column, for example {{name: STATUS, path: .status.phase}}");
            return;
        }

        CheckMembers(column, ColumnMembers, $"a column of '{entry}'");
        var name = Required(column, "name");
        var (path, compute) = (Optional(column, "path"), Optional(column, "compute"));
        if (name is null)
        {
            return;
        }

        if ((path is null) == (compute is null))
        {
            Fault(column.Start, $"'{entry}': column '{name}' needs either path or compute");
            return;
        }

        ColumnType? type = (Optional(column, "type") ?? "text") switch
        {
            "text" => ColumnType.Text,
            "number" => ColumnType.Number,
            "decimal" => ColumnType.Decimal,
            "quantity" => ColumnType.Quantity,
            "age" => ColumnType.Age,
            "duration" => ColumnType.Duration,
            "count-ago" => ColumnType.CountAgo,
            _ => null,
        };
        if (type is null)
        {
            Fault(
                column.Start,
                $"'{entry}': column '{name}' has the type '{Optional(column, "type")}', expected text, number, decimal, quantity, age, "
                    + $"duration or count-ago"
            );
            return;
        }

        CellProjection? cell;
        if (compute is not null)
        {
            cell = Computations.Find(compute);
            if (cell is null)
            {
                Fault(
                    column.Start,
                    $"'{entry}': column '{name}' has the computation '{compute}', which is unknown; known are "
                        + $"{string.Join(", ", Computations.Names)}"
                );
            }
        }
        else
        {
            cell = JsonPath.TryParse(path!, out var parsed, out var error)
                ? PathCell(parsed, type.Value, Optional(column, "default") ?? "")
                : null;
            if (cell is null)
            {
                Fault(column.Start, $"'{entry}': the path of column '{name}' is invalid: {error}");
            }
        }

        if (cell is not null)
        {
            columns.Add(new(name, Column.KeyOf(name), type.Value, Flag(column, "wide"), Optional(column, "description") ?? ""));
            cells.Add(cell);
        }
    }

    private void Preset(YamlNode node)
    {
        if (node is not YamlMappingNode preset)
        {
            Fault(node.Start, "expected a preset with path and resource");
            return;
        }

        CheckMembers(preset, PresetMembers, "a preset");
        var (path, resource) = (Required(preset, "path"), Required(preset, "resource"));
        var fields = new List<KeyValuePair<string, JsonPath>>();
        foreach (var (key, value) in Mapping(preset, "fields"))
        {
            if (PathOf(value, $"field '{key}'") is { } field)
            {
                fields.Add(new(key, field));
            }
        }

        var target = Optional(preset, "target") is { } text ? PathOf(new YamlScalarNode("." + text), "target") : null;
        var kinds = new Dictionary<string, PresetKind>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Mapping(preset, "kinds"))
        {
            if (value is not YamlMappingNode kind)
            {
                Fault(value.Start, $"kind '{name}': expected selectors and user");
                continue;
            }

            CheckMembers(kind, ["selectors", "user"], $"kind '{name}'");
            var selectors = Texts(kind, "selectors").ToArray();
            foreach (var selector in selectors)
            {
                if (!LabelSelector.TryParse(selector, out _, out var error))
                {
                    Fault(kind.Start, $"kind '{name}': {error}");
                }
            }

            kinds[name] = new(name, selectors, [.. Texts(kind, "user")]);
        }

        if (path is not null && resource is not null)
        {
            _presets[path] = new(path, resource, target, kinds, fields);
        }
    }

    private JsonPath? PathOf(YamlNode node, string what)
    {
        if (JsonPath.TryParse((node as YamlScalarNode)?.Value ?? "", out var path, out var error))
        {
            return path;
        }

        Fault(node.Start, $"{what}: {error}");
        return null;
    }

    private static GroupVersionResource Version(string text, string resource)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new("", text, resource) : new(text[..slash], text[(slash + 1)..], resource);
    }

    private void CheckMembers(YamlMappingNode node, string[] known, string what)
    {
        foreach (var key in node.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name } && !known.Contains(name))
            {
                Fault(key.Start, $"{what} has no member '{name}'; it has {string.Join(", ", known)}");
            }
        }
    }

    private string? Required(YamlMappingNode node, string name)
    {
        var value = Optional(node, name);
        if (string.IsNullOrEmpty(value))
        {
            Fault(node.Start, $"'{name}' is missing");
            return null;
        }

        return value;
    }

    private static string? Optional(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(new YamlScalarNode(name), out var value) && value is YamlScalarNode scalar ? scalar.Value : null;

    private bool Flag(YamlMappingNode node, string name)
    {
        var text = Optional(node, name);
        if (text is not (null or "true" or "false"))
        {
            Fault(node.Start, $"{name} is '{text}', expected true or false");
        }

        return text == "true";
    }

    private IEnumerable<YamlNode> Sequence(YamlMappingNode node, string name)
    {
        if (!node.Children.TryGetValue(new YamlScalarNode(name), out var value) || value is YamlScalarNode { Value: null or "" })
        {
            return [];
        }

        if (value is YamlSequenceNode sequence)
        {
            return sequence.Children;
        }

        Fault(value.Start, $"{name} must be a list");
        return [];
    }

    private IEnumerable<string> Texts(YamlMappingNode node, string name) =>
        Sequence(node, name).OfType<YamlScalarNode>().Select(scalar => scalar.Value ?? "");

    private static IEnumerable<(string Key, YamlNode Value)> Mapping(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(new YamlScalarNode(name), out var value) && value is YamlMappingNode mapping
            ? mapping
                .Children.Where(pair => pair.Key is YamlScalarNode)
                .Select(pair => (((YamlScalarNode)pair.Key).Value ?? "", pair.Value))
            : [];

    private void Fault(Mark at, string message) =>
        _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{_file}:{at.Line}: {message}"));
}
