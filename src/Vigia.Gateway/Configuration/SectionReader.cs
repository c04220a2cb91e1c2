using System.Globalization;
using Vigia.Catalog.Searching;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Gateway.Configuration;

/// <summary>
/// Reads one section of the configuration files: each key once, with its default, its range and the sentence that
/// documents it.
/// </summary>
/// <remarks>
/// Each section has a class that reads its keys and builds its options (<see cref="StreamsSection"/> is the shortest to
/// copy). A key exists if it is read: all others are errors, and docs/configuration.md is written from the same calls.
/// An error never ends the reading; the default is used instead, and all errors are reported at once. Several files are
/// layers: the last that has a key wins.
/// </remarks>
internal sealed class SectionReader(ConfigurationReading reading, string path, IReadOnlyList<ConfigurationLayer> layers)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>A section within this one.</summary>
    public SectionReader Section(string name, string description)
    {
        Know(name, "section", "", "", description);
        var inner = new List<ConfigurationLayer>();
        foreach (var layer in layers)
        {
            if (Child(layer, name) is { } node)
            {
                if (node is YamlMappingNode mapping)
                {
                    inner.Add(layer with { Node = mapping });
                }
                else if (!IsNothing(node))
                {
                    Fault(layer, node, name, "is a section: expected keys below it");
                }
            }
        }

        return new(reading, PathOf(name), inner);
    }

    /// <summary>A text; empty counts as not given.</summary>
    public string? Text(string name, string? absent, string description, string kind = "text") =>
        Scalar(name, kind, absent ?? "", "", description)?.Value ?? absent;

    /// <summary>One of some words, whatever their case.</summary>
    public T Word<T>(string name, T absent, string description)
        where T : struct, Enum
    {
        var words = Enum.GetNames<T>().Select(word => word.ToLowerInvariant()).ToArray();
        if (Scalar(name, string.Join(" · ", words), absent.ToString().ToLowerInvariant(), "", description) is not { } found)
        {
            return absent;
        }

        var index = Array.FindIndex(words, word => string.Equals(word, found.Value, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
        {
            return Enum.GetValues<T>()[index];
        }

        Fault(found.Layer, found.Node, name, $"'{found.Value}' is not one of {string.Join(", ", words)}{Meant(found.Value, words)}");
        return absent;
    }

    /// <summary>A whole number.</summary>
    public long Number(string name, long absent, long least, long most, string description)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");
        if (Scalar(name, "number", absent.ToString(CultureInfo.InvariantCulture), range, description) is not { } found)
        {
            return absent;
        }

        if (
            long.TryParse(found.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
        )
        {
            return number;
        }

        Fault(found.Layer, found.Node, name, $"'{found.Value}' is not a number from {range}");
        return absent;
    }

    /// <summary>A whole number of 32 bits.</summary>
    public int Count(string name, int absent, int least, int most, string description) =>
        (int)Number(name, absent, least, most, description);

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool absent, string description)
    {
        if (Scalar(name, "flag", absent ? "true" : "false", "", description) is not { } found)
        {
            return absent;
        }

        if (found.Value is "true" or "false")
        {
            return found.Value == "true";
        }

        Fault(found.Layer, found.Node, name, $"'{found.Value}' is neither true nor false");
        return absent;
    }

    /// <summary>A duration as <c>30s</c> or <c>1h30m</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan absent, TimeSpan least, TimeSpan most, string description)
    {
        var range = $"{DurationText.Of(least)} to {DurationText.Of(most)}";
        if (Scalar(name, "duration", DurationText.Of(absent), range, description) is not { } found)
        {
            return absent;
        }

        if (!DurationText.TryParse(found.Value, out var duration))
        {
            Fault(
                found.Layer,
                found.Node,
                name,
                $"'{found.Value}' is not a duration: write a number with a unit, for example 500ms, 30s, 5m or 1h30m"
            );
            return absent;
        }

        if (duration < least || duration > most)
        {
            Fault(found.Layer, found.Node, name, $"{found.Value} is out of range: {range}");
            return absent;
        }

        return duration.Value;
    }

    /// <summary>A list of texts, or one text alone.</summary>
    public IReadOnlyList<string> Texts(string name, string description)
    {
        Know(name, "list", "[]", "", description);
        if (Last(name) is not { } found)
        {
            return [];
        }

        switch (found.Node)
        {
            case YamlScalarNode { Value: { Length: > 0 } one }:
                return [one];
            case YamlSequenceNode list when list.All(item => item is YamlScalarNode { Value.Length: > 0 }):
                return [.. list.Cast<YamlScalarNode>().Select(item => item.Value!)];
            default:
                Fault(found.Layer, found.Node, name, "expected a list of strings");
                return [];
        }
    }

    /// <summary>A path, made absolute: relative ones are relative to the file that names them.</summary>
    public string? File(string name, string description)
    {
        if (Scalar(name, "file", "", "", description) is not { } found)
        {
            return null;
        }

        return System.IO.Path.GetFullPath(found.Value, found.Layer.Folder);
    }

    /// <summary>True if some file has the key.</summary>
    public bool Has(string name) => Last(name) is not null;

    /// <summary>A key that is read elsewhere (the catalog's): it is known here, and documented.</summary>
    public void Elsewhere(string name, string kind, string description) => Know(name, kind, "", "", description);

    /// <summary>Reports an error in a key's value that only its section can detect.</summary>
    public void Fault(string name, string message)
    {
        if (Last(name) is { } found)
        {
            Fault(found.Layer, found.Node, name, message);
        }
        else
        {
            reading.Faults.Add($"{(layers.Count > 0 ? layers[^1].File : null) ?? "configuration"}: {PathOf(name)}: {message}");
        }
    }

    /// <summary>All keys were read: any other key is an error.</summary>
    public void Finish()
    {
        foreach (var layer in layers)
        {
            foreach (var key in layer.Node.Children.Keys)
            {
                if (key is not YamlScalarNode { Value: { } name } || !_known.Contains(name))
                {
                    var text = (key as YamlScalarNode)?.Value ?? key.ToString();
                    Fault(
                        layer,
                        key,
                        text,
                        $"unknown key{Meant(text, _known)}; {(path.Length == 0 ? "the file" : path)} has "
                            + $"{string.Join(", ", _known.Order(StringComparer.Ordinal))}"
                    );
                }
            }
        }
    }

    private static YamlNode? Child(ConfigurationLayer layer, string name) =>
        layer.Node.Children.TryGetValue(new YamlScalarNode(name), out var node) ? node : null;

    private static bool IsNothing(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private static string Meant(string name, IEnumerable<string> known) =>
        NearestName.Of(name, known) is { } near ? $", did you mean '{near}'?" : "";

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Know(string name, string kind, string absent, string range, string description)
    {
        if (_known.Add(name))
        {
            reading.Keys.Add(new(PathOf(name), kind, absent, range, description));
        }
    }

    private (ConfigurationLayer Layer, YamlNode Node)? Last(string name)
    {
        for (var i = layers.Count - 1; i >= 0; i--)
        {
            if (Child(layers[i], name) is { } node && !IsNothing(node))
            {
                return (layers[i], node);
            }
        }

        return null;
    }

    private (ConfigurationLayer Layer, YamlNode Node, string Value)? Scalar(
        string name,
        string kind,
        string absent,
        string range,
        string description
    )
    {
        Know(name, kind, absent, range, description);
        if (Last(name) is not { } found)
        {
            return null;
        }

        if (found.Node is YamlScalarNode { Value: { } value })
        {
            return (found.Layer, found.Node, value);
        }

        Fault(found.Layer, found.Node, name, $"expected a {kind}, not a {(found.Node is YamlSequenceNode ? "list" : "section")}");
        return null;
    }

    private void Fault(ConfigurationLayer layer, YamlNode node, string name, string message) =>
        reading.Faults.Add($"{layer.PlaceOf(node, PathOf(name))}: {message}");
}
