namespace Vigia.Catalog;

/// <summary>
/// A search over rows: terms separated by spaces all apply, <c>!term</c> excludes, <c>~term</c> is fuzzy (its letters
/// in this order within one field, others between them), case does not matter.
/// </summary>
public sealed class SearchQuery
{
    private readonly (string Text, bool Excludes, bool IsFuzzy)[] _terms;

    private SearchQuery((string, bool, bool)[] terms) => _terms = terms;

    /// <summary>How many terms it has.</summary>
    public int Count => _terms.Length;

    /// <summary>Reads a query. Never fails: any text is a search.</summary>
    public static SearchQuery Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var terms = new List<(string, bool, bool)>();
        foreach (var term in text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var excludes = term.Length > 1 && term[0] == '!';
            var rest = excludes ? term[1..] : term;
            var isFuzzy = rest.Length > 1 && rest[0] == '~';
            terms.Add((isFuzzy ? rest[1..] : rest, excludes, isFuzzy));
        }

        return new([.. terms]);
    }

    /// <summary>
    /// True if every term holds for the row's search text (namespace, name, and the entry's search fields).
    /// </summary>
    public bool Matches(string searchText)
    {
        foreach (var (text, excludes, isFuzzy) in _terms)
        {
            if ((isFuzzy ? IsFuzzy(text, searchText) : searchText.Contains(text, StringComparison.Ordinal)) == excludes)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsFuzzy(string pattern, ReadOnlySpan<char> searchText)
    {
        foreach (var field in searchText.Split('\n'))
        {
            if (Fuzzy(pattern, searchText[field]) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// How well a pattern fits a text when its letters may have others between them; -1 where it does not. Higher is
    /// better: runs and beginnings of words count.
    /// </summary>
    /// <param name="pattern">In lower case, without spaces.</param>
    /// <param name="searchText">A row's search text.</param>
    public static int Fuzzy(ReadOnlySpan<char> pattern, ReadOnlySpan<char> searchText)
    {
        var (score, at, run) = (0, 0, 0);
        foreach (var c in pattern)
        {
            var step = searchText[at..].IndexOf(c);
            if (step < 0)
            {
                return -1;
            }

            run = step == 0 && at > 0 ? run + 1 : 0;
            var isWordStart = at + step == 0 || !char.IsAsciiLetterOrDigit(searchText[at + step - 1]);
            score += 10 + (run * 5) + (isWordStart ? 8 : 0) - Math.Min(step, 9);
            at += step + 1;
        }

        return Math.Max(score, 0);
    }
}
