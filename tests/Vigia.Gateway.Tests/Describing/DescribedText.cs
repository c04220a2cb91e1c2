using System.Text.RegularExpressions;

namespace Vigia.Gateway.Tests.Describing;

/// <summary>
/// A description as text, taken apart: each name by the path of the sections it stands in, with the lines of its value.
/// </summary>
internal sealed partial class DescribedText
{
    // What stands further in is a value that goes on.
    private const int DeepestName = 10;

    public DescribedText(string text)
    {
        var path = new List<(int Indent, string Name)>();
        var values = new List<string>();
        foreach (var line in text.Split('\n').Where(line => line.Trim().Length > 0))
        {
            if (Field().Match(line) is { Success: true } field && field.Groups["indent"].Length <= DeepestName)
            {
                var indent = field.Groups["indent"].Length;
                path.RemoveAll(above => above.Indent >= indent);
                path.Add((indent, field.Groups["name"].Value));
                Fields[string.Join('/', path.Select(part => part.Name))] = values = [];
                if (field.Groups["value"].Value.Trim() is { Length: > 0 } value)
                {
                    values.Add(value);
                }
            }
            else
            {
                values.Add(line.Trim());
            }
        }
    }

    /// <summary>The lines by their paths, as <c>Containers/app/Image</c>.</summary>
    public Dictionary<string, List<string>> Fields { get; } = new(StringComparer.Ordinal);

    [GeneratedRegex(@"^(?<indent> *)(?<name>[A-Za-z][^:=]*?):(\s+(?<value>.*))?$")]
    private static partial Regex Field();
}
