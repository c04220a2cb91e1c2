using System.Text.RegularExpressions;

namespace Vigia.Terminal.Documents;

/// <summary>
/// Which lines of a log are shown: terms separated by spaces all apply, each a regular expression, <c>!term</c>
/// excludes.
/// </summary>
internal static partial class LogFilter
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(20);

    public static Func<string, bool> Of(string text)
    {
        var terms = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(term => term != "!").Select(Term).ToArray();
        return line => terms.All(term => term(line));
    }

    /// <summary>A line without escape sequences; tabs are blanks.</summary>
    public static string Plain(string text) =>
        text.AsSpan().ContainsAny('\e', '\t') ? Escapes().Replace(text, "").Replace("\t", "    ", StringComparison.Ordinal) : text;

    private static Func<string, bool> Term(string term)
    {
        var excludes = term[0] == '!';
        var text = excludes ? term[1..] : term;
        if (text.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '/' or ':' or '='))
        {
            return line => line.Contains(text, StringComparison.OrdinalIgnoreCase) != excludes;
        }

        try
        {
            var regex = new Regex(text, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, LongestMatch);
            return line => IsMatch(regex, line) != excludes;
        }
        catch (ArgumentException)
        {
            // Half an expression, as while it is typed.
            return line => line.Contains(text, StringComparison.OrdinalIgnoreCase) != excludes;
        }
    }

    private static bool IsMatch(Regex regex, string line)
    {
        try
        {
            return regex.IsMatch(line);
        }
        catch (RegexMatchTimeoutException)
        {
            // An expression that explodes must not hold up the log: it matches nothing here.
            return false;
        }
    }

    [GeneratedRegex(@"\e(\[[0-9;?]*[ -/]*[@-~]|\][^\a\e]*(\a|\e\\)|.)")]
    private static partial Regex Escapes();
}
