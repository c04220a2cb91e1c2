using System.Diagnostics.CodeAnalysis;
using System.Text;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog;

/// <summary>
/// A path into an object, as kubectl and CRD printer columns write it: compiled once, evaluated over bytes.
/// </summary>
/// <remarks>
/// client-go's <c>util/jsonpath</c> without templates: <c>.a.b</c>, <c>.a\.b</c>, <c>['a.b']</c>, <c>[0]</c>,
/// <c>[-1]</c>, <c>[]</c> (the first item), <c>[*]</c>, <c>.*</c>, slices <c>[1:3]</c>, unions <c>[0,2]</c>, <c>..</c>,
/// and filters <c>[?(@.type=="Ready")]</c>, <c>[?(@.x)]</c> with <c>==</c>, <c>!=</c>, <c>&lt;</c>, <c>&lt;=</c>,
/// <c>&gt;</c>, <c>&gt;=</c>; braces around the whole are allowed. Where client-go ends with an error (an index that is
/// out of bounds, numbers compared with texts), the path leads to nothing. Immutable and thread-safe.
/// </remarks>
public sealed class JsonPath
{
    // Paths come from the definitions of clusters: the limit of their length bounds the depth of nested filters.
    private const int LongestText = 2_000;

    private readonly string _text;
    private readonly PathStep[] _steps;
    private readonly bool _isPlain;

    private JsonPath(string text, PathStep[] steps)
    {
        (_text, _steps) = (text, steps);
        _isPlain = Array.TrueForAll(steps, step => step is FieldStep { Nested: null });
    }

    /// <summary>Compiles a path, or returns the error.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPath? path, [NotNullWhen(false)] out string? error) =>
        TryParse(text, false, out path, out error);

    /// <summary>
    /// As <see cref="TryParse(string, out JsonPath?, out string?)"/>, for a printer column: a quoted name with dots is
    /// names within each other and nothing else, as on the server.
    /// </summary>
    public static bool TryParseColumn(string text, [NotNullWhen(true)] out JsonPath? path, [NotNullWhen(false)] out string? error) =>
        TryParse(text, true, out path, out error);

    private static bool TryParse(string text, bool asServer, [NotNullWhen(true)] out JsonPath? path, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            if (text.Length > LongestText)
            {
                throw new FormatException($"a path of {text.Length} characters is longer than {LongestText}");
            }

            var inner = text.StartsWith('{') && text.EndsWith('}') ? text[1..^1] : text;
            (path, error) = (new JsonPath(text, PathParser.Parse(inner.Trim(), asServer)), null);
            return true;
        }
        catch (FormatException wrong)
        {
            (path, error) = (null, wrong.Message);
            return false;
        }
    }

    /// <summary>
    /// The text of the path's result: a scalar unchanged, several joined by commas, an object or array as its JSON;
    /// null if there is none.
    /// </summary>
    /// <param name="json">A whole object whose grammar was checked.</param>
    public string? ReadText(ReadOnlySpan<byte> json)
    {
        if (_isPlain)
        {
            return TextOf(Walk(json));
        }

        string? single = null;
        StringBuilder? several = null;
        foreach (var place in PathStep.Walk(json, _steps) ?? [])
        {
            if (TextOf(place.In(json)) is not { } text)
            {
                continue;
            }

            if (single is null)
            {
                single = text;
            }
            else
            {
                (several ??= new StringBuilder(single)).Append(',').Append(text);
            }
        }

        return several?.ToString() ?? single;
    }

    /// <summary>The JSON of the first value that the path leads to; null if it leads to nothing.</summary>
    /// <param name="json">A whole object whose grammar was checked.</param>
    public string? ReadJson(ReadOnlySpan<byte> json) => TryFirst(json, out var first) ? Encoding.UTF8.GetString(first.Raw) : null;

    /// <summary>The original path.</summary>
    public override string ToString() => _text;

    /// <summary>The first value that the path leads to, which may be null; false if it leads to nothing.</summary>
    internal bool TryFirst(ReadOnlySpan<byte> json, out JsonView first)
    {
        if (_isPlain)
        {
            first = Walk(json);
            return first.Raw.Length > 0;
        }

        var places = PathStep.Walk(json, _steps);
        first = places is [var place, ..] ? place.In(json) : default;
        return places is { Count: > 0 };
    }

    /// <summary>Most paths are names alone: nothing is allocated for these.</summary>
    private JsonView Walk(ReadOnlySpan<byte> json)
    {
        var view = new JsonView(json);
        foreach (var step in _steps)
        {
            view = view[((FieldStep)step).Name];
        }

        return view;
    }

    private static string? TextOf(JsonView view) => view.Text ?? (view.IsAbsent ? null : Encoding.UTF8.GetString(view.Raw));
}
