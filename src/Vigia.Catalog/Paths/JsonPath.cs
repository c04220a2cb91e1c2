using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Vigia.Catalog.Paths;

/// <summary>A path into an object, as kubectl and CRD printer columns write it: compiled once, evaluated over bytes.</summary>
/// <remarks>
/// Understood: <c>.a.b</c>, <c>.a\.b</c>, <c>['a.b/c']</c>, <c>[0]</c>, <c>[-1]</c>, <c>[*]</c>, <c>.*</c>, <c>[?(@.type=="Ready")]</c> (also <c>!=</c>); braces around the whole are allowed. (client-go <c>util/jsonpath</c>, the part that CRDs use.)
/// Immutable and safe on any thread.
/// </remarks>
public sealed class JsonPath
{
    private readonly string _text;
    private readonly Segment[] _segments;

    private JsonPath(string text, Segment[] segments) => (_text, _segments) = (text, segments);

    private enum SegmentKind
    {
        Name,
        Index,
        All,
        Filter,
    }

    /// <summary>Compiles a path; says what is wrong with it otherwise.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPath? path, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        var inner = text.StartsWith('{') && text.EndsWith('}') ? text[1..^1] : text;
        try
        {
            (path, error) = (new JsonPath(text, [.. new Reader(inner).ReadAll()]), null);
            return true;
        }
        catch (FormatException wrong)
        {
            (path, error) = (null, wrong.Message);
            return false;
        }
    }

    /// <summary>The text of what the path leads to: a scalar as it is, several joined by commas, an object or array as its JSON; null where it leads to nothing.</summary>
    /// <param name="json">A whole object whose grammar was checked.</param>
    public string? ReadText(ReadOnlySpan<byte> json)
    {
        string? single = null;
        StringBuilder? several = null;
        Visit(new JsonView(json), 0, ref single, ref several);
        return several?.ToString() ?? single;
    }

    /// <summary>The path as it was given.</summary>
    public override string ToString() => _text;

    private void Visit(JsonView view, int at, ref string? single, ref StringBuilder? several)
    {
        for (; at < _segments.Length; at++)
        {
            var segment = _segments[at];
            switch (segment.Kind)
            {
                case SegmentKind.Name:
                    view = view[segment.Name];
                    break;
                case SegmentKind.Index:
                    view = Item(view, segment.Index);
                    break;
                default:
                    foreach (var item in view.Items())
                    {
                        if (segment.Kind == SegmentKind.All || segment.Accepts(item))
                        {
                            Visit(item, at + 1, ref single, ref several);
                        }
                    }

                    return;
            }

            if (view.IsAbsent)
            {
                return;
            }
        }

        var text = view.Text ?? (view.IsAbsent ? null : Encoding.UTF8.GetString(view.Raw));
        if (text is null)
        {
            return;
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

    private static JsonView Item(JsonView array, int index)
    {
        if (index < 0)
        {
            index += array.Count;
        }

        foreach (var item in array.Items())
        {
            if (index-- == 0)
            {
                return item;
            }
        }

        return default;
    }

    private sealed record Segment(SegmentKind Kind, byte[] Name, int Index, JsonPath? Left = null, string? Right = null, bool Equal = true)
    {
        public bool Accepts(JsonView item) => (Left!.ReadText(item.Raw) == Right) == Equal;
    }

    private sealed class Reader(string text)
    {
        private int _at;

        public IEnumerable<Segment> ReadAll()
        {
            if (text.Length == 0 || text[0] is not ('.' or '['))
            {
                throw new FormatException($"'{text}' does not begin with '.' or '['");
            }

            while (_at < text.Length)
            {
                if (text[_at] == '.')
                {
                    _at++;
                    if (_at < text.Length && text[_at] == '[')
                    {
                        continue;
                    }

                    var name = Name();
                    yield return name == "*" ? new(SegmentKind.All, [], 0) : new(SegmentKind.Name, Encoding.UTF8.GetBytes(name), 0);
                }
                else if (text[_at] == '[')
                {
                    yield return Bracket();
                }
                else
                {
                    throw new FormatException($"'{text}': expected '.' or '[' at character {_at + 1}");
                }
            }
        }

        private string Name()
        {
            var name = new StringBuilder();
            while (_at < text.Length && text[_at] is not ('.' or '['))
            {
                if (text[_at] == '\\' && _at + 1 < text.Length)
                {
                    _at++;
                }

                name.Append(text[_at++]);
            }

            return name.Length > 0 ? name.ToString() : throw new FormatException($"'{text}': a name is missing at character {_at + 1}");
        }

        private Segment Bracket()
        {
            var end = Close();
            var inside = text[(_at + 1)..end].Trim();
            _at = end + 1;
            if (inside == "*")
            {
                return new(SegmentKind.All, [], 0);
            }

            if (inside.Length >= 2 && inside[0] is '\'' or '"' && inside[^1] == inside[0])
            {
                return new(SegmentKind.Name, Encoding.UTF8.GetBytes(inside[1..^1]), 0);
            }

            if (inside.StartsWith("?(", StringComparison.Ordinal) && inside.EndsWith(')'))
            {
                return Filter(inside[2..^1].Trim());
            }

            return int.TryParse(inside, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var index)
                ? new(SegmentKind.Index, [], index)
                : throw new FormatException($"'{text}': [{inside}] is neither an index, '*', a quoted name nor a filter ?(@.x==\"y\")");
        }

        private Segment Filter(string condition)
        {
            var equal = condition.IndexOf("==", StringComparison.Ordinal);
            var at = equal >= 0 ? equal : condition.IndexOf("!=", StringComparison.Ordinal);
            if (at < 0 || !condition.StartsWith('@'))
            {
                throw new FormatException($"'{text}': the filter '{condition}' is not of the form @.x==\"y\"");
            }

            var left = condition[1..at].Trim();
            var right = condition[(at + 2)..].Trim().Trim('"', '\'');
            if (left.Length == 0)
            {
                return new(SegmentKind.Filter, [], 0, new JsonPath("", []), right, equal >= 0);
            }

            return TryParse(left, out var path, out var error)
                ? new(SegmentKind.Filter, [], 0, path, right, equal >= 0)
                : throw new FormatException(error);
        }

        private int Close()
        {
            var quote = '\0';
            for (var i = _at + 1; i < text.Length; i++)
            {
                if (quote != '\0')
                {
                    quote = text[i] == quote ? '\0' : quote;
                }
                else if (text[i] is '\'' or '"')
                {
                    quote = text[i];
                }
                else if (text[i] == ']')
                {
                    return i;
                }
            }

            throw new FormatException($"'{text}': the bracket at character {_at + 1} is not closed");
        }
    }
}
