using System.Globalization;
using System.Text.RegularExpressions;
using Vigia.Kubernetes.Objects;
using Vigia.Simulator.Errors;

namespace Vigia.Simulator.Selecting;

/// <summary>One requirement of a label selector: <c>a=b</c>, <c>a!=b</c>, <c>a in (b,c)</c>, <c>a notin (b)</c>, <c>a</c>, <c>!a</c>, <c>a&gt;1</c>, <c>a&lt;1</c>.</summary>
internal sealed partial record LabelTerm(string Key, string Operator, string[] Values)
{
    public static List<LabelTerm> ParseAll(string text)
    {
        var terms = new List<LabelTerm>();
        foreach (var part in Split(text))
        {
            var match = Form().Match(part);
            if (!match.Success)
            {
                throw StatusException.BadRequest($"unable to parse requirement: found '{part}', expected: a label key with an operator (=, ==, !=, in, notin, >, <), or a key alone");
            }

            var key = match.Groups["key"].Value;
            var op = match.Groups["op"].Value;
            var values = match.Groups["values"].Success
                ? match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries)
                : match.Groups["value"].Success ? [match.Groups["value"].Value] : Array.Empty<string>();
            if (!KeyForm().IsMatch(key))
            {
                throw StatusException.BadRequest($"unable to parse requirement: <nil>: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character");
            }

            foreach (var value in values)
            {
                if (!ValueForm().IsMatch(value))
                {
                    throw StatusException.BadRequest($"unable to parse requirement: values[0][{key}]: Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character");
                }
            }

            terms.Add(new LabelTerm(key, match.Groups["not"].Value == "!" ? "!" : op.Length == 0 ? "exists" : op, values));
        }

        return terms;
    }

    public bool Matches(LabelSet labels)
    {
        var has = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            "exists" => has,
            "!" => !has,
            "=" or "==" or "in" => has && Array.IndexOf(Values, value) >= 0,
            "!=" or "notin" => !has || Array.IndexOf(Values, value) < 0,
            ">" => Compare(has, value) > 0,
            "<" => Compare(has, value) is { } order && order < 0,
            _ => false,
        };
    }

    private int? Compare(bool has, string? value)
        => has && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var mine)
            && long.TryParse(Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bound)
            ? mine.CompareTo(bound)
            : null;

    private static IEnumerable<string> Split(string text)
    {
        if (text.Trim().Length == 0)
        {
            yield break;
        }

        var (depth, start) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                yield return text[start..i].Trim();
                start = i + 1;
            }
            else
            {
                depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            }
        }
    }

    [GeneratedRegex(@"^(?<not>!)\s*(?<key>[^\s=!<>(),]+)$|^(?<key>[^\s=!<>(),]+)\s*(?:(?<op>==|=|!=|>|<)\s*(?<value>[^\s=!<>(),]*)|\s(?<op>in|notin)\s*\((?<values>[^()]*)\))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex KeyForm();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex ValueForm();
}
