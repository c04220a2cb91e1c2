using System.Text.RegularExpressions;
using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Terminal.Tables;

/// <summary>
/// Which rows are shown: namespace, faults only, what a drill-down narrows to, and what was typed behind <c>/</c>.
/// </summary>
/// <remarks>
/// Typed: terms separated by spaces all apply; a term is a regular expression whatever the case, <c>!term</c> excludes;
/// <c>-l SELECTOR</c> selects by labels, <c>-f LETTERS</c> is fuzzy and ranks. A term without any of a regular
/// expression's signs is looked for as it stands; one that is no regular expression (yet: it is being typed) as well.
/// </remarks>
internal sealed class RowFilter
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromMilliseconds(100);
    private static readonly char[] Signs = [.. @"\*+?|{[()^$."];

    private readonly Term[] _terms = [];
    private readonly LabelSelector? _labels;
    private readonly string? _fuzzy;

    public RowFilter(string text = "", string? ns = null, bool faultsOnly = false, RowScope? scope = null)
    {
        (Text, Namespace, FaultsOnly, Scope) = (text, ns, faultsOnly, scope);
        var trimmed = text.Trim();
        if (trimmed.StartsWith("-l", StringComparison.Ordinal))
        {
            if (LabelSelector.TryParse(trimmed[2..].Trim(), out var labels, out var fault))
            {
                _labels = labels;
            }
            else
            {
                Fault = fault;
            }
        }
        else if (trimmed.StartsWith("-f", StringComparison.Ordinal))
        {
            _fuzzy = trimmed[2..].Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        }
        else
        {
            _terms = [.. trimmed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(term => term != "!").Select(Read)];
        }
    }

    public string Text { get; }

    public string? Namespace { get; }

    public bool FaultsOnly { get; }

    public RowScope? Scope { get; }

    /// <summary>What is wrong with the text; null for nothing.</summary>
    public string? Fault { get; private set; }

    /// <summary>True where rows come in the order of how well they fit.</summary>
    public bool Ranks => _fuzzy is { Length: > 0 };

    /// <summary>
    /// True where everything that this one shows is shown by <paramref name="other"/> too: it is enough to look through
    /// that.
    /// </summary>
    public bool Narrows(RowFilter other)
    {
        if (
            other.Namespace is not null && other.Namespace != Namespace
            || other.FaultsOnly && !FaultsOnly
            || other.Scope != Scope
            || other._labels is not null
            || other.Ranks && !(Ranks && _fuzzy!.StartsWith(other._fuzzy!, StringComparison.Ordinal))
            || other._terms.Length > _terms.Length
        )
        {
            return false;
        }

        for (var i = 0; i < other._terms.Length; i++)
        {
            var (before, after) = (other._terms[i], _terms[i]);
            if (
                before != after
                && (
                    before.Regex is not null
                    || after.Regex is not null
                    || before.Excludes
                    || after.Excludes
                    || !(
                        before.Begins
                            ? after.Begins && after.Text.StartsWith(before.Text, StringComparison.Ordinal)
                            : after.Text.Contains(before.Text, StringComparison.Ordinal)
                    )
                )
            )
            {
                return false;
            }
        }

        return true;
    }

    public bool Shows(TableRow row)
    {
        if (
            Namespace is not null && row.Object.Namespace != Namespace
            || FaultsOnly && row.Row.Health == RowHealth.Ok
            || Scope is not null && !Scope.Holds(row)
            || _labels is not null && !_labels.Matches(row.Object.Labels)
        )
        {
            return false;
        }

        if (Ranks)
        {
            row.Score = SearchQuery.Fuzzy(_fuzzy, row.SearchText);
            return row.Score >= 0;
        }

        if (_terms.Length == 0)
        {
            return true;
        }

        var text = row.SearchText;
        foreach (var term in _terms)
        {
            if (term.IsIn(text) == term.Excludes)
            {
                return false;
            }
        }

        return true;
    }

    private Term Read(string term)
    {
        var excludes = term[0] == '!';
        var text = excludes ? term[1..] : term;
        if (text.AsSpan().IndexOfAny(Signs) < 0 || IsPlain(text))
        {
            return new(text.ToLowerInvariant(), null, excludes);
        }

        // The beginning of a name is what is asked for most: it needs no engine.
        if (text[0] == '^' && IsPlain(text[1..]))
        {
            return new(text[1..].ToLowerInvariant(), null, excludes, Begins: true);
        }

        try
        {
            return new(text, Compile(text), excludes);
        }
        catch (ArgumentException error)
        {
            // Half a regular expression, as while it is being typed.
            Fault = error.Message;
            return new(text.ToLowerInvariant(), null, excludes);
        }
    }

    /// <summary>
    /// An automaton: its time grows with the text's length alone, whatever the expression, and is a tenth of what the
    /// backtracking engine takes. The few expressions that are no automaton (those that look around) go there. Search
    /// texts are in lower case, and so is the expression where that does not change its meaning.
    /// </summary>
    private static Regex Compile(string text)
    {
        var lowers = !text.Contains('\\', StringComparison.Ordinal);
        var options = (lowers ? RegexOptions.None : RegexOptions.IgnoreCase) | RegexOptions.CultureInvariant | RegexOptions.Multiline;
        text = lowers ? text.ToLowerInvariant() : text;
        try
        {
            return new Regex(text, options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            // Looks around, or back.
            return new Regex(text, options, LongestMatch);
        }
    }

    /// <summary>
    /// Names and addresses have dots: a dot between letters or digits is meant literally, and matches
    /// nothing less.
    /// </summary>
    private static bool IsPlain(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/' or '_' or ':') && !text.StartsWith('.') && !text.EndsWith('.');

    private sealed record Term(string Text, Regex? Regex, bool Excludes, bool Begins = false)
    {
        private bool _explodes;

        public bool IsIn(string searchText)
        {
            if (Begins)
            {
                return searchText.StartsWith(Text, StringComparison.Ordinal) || IsAtLineStart(searchText);
            }

            if (Regex is null)
            {
                return searchText.Contains(Text, StringComparison.Ordinal);
            }

            try
            {
                return !_explodes && Regex.IsMatch(searchText);
            }
            catch (RegexMatchTimeoutException)
            {
                // An expression that explodes must not hold up the screen: it matches nothing from here on.
                _explodes = true;
                return false;
            }
        }

        private bool IsAtLineStart(string searchText)
        {
            for (var at = searchText.IndexOf('\n', StringComparison.Ordinal); at >= 0; at = searchText.IndexOf('\n', at + 1))
            {
                if (searchText.AsSpan(at + 1).StartsWith(Text, StringComparison.Ordinal))
                {
                    return true;
                }
            }

            return false;
        }

        public bool Equals(Term? other) =>
            other is not null
            && Text == other.Text
            && Excludes == other.Excludes
            && Begins == other.Begins
            && (Regex is null) == (other.Regex is null);

        public override int GetHashCode() => HashCode.Combine(Text, Excludes);
    }
}
