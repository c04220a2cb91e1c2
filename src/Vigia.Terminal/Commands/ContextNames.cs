namespace Vigia.Terminal.Commands;

/// <summary>Names of contexts as they are typed: clouds make names with blanks, commas, slashes and colons.</summary>
internal static class ContextNames
{
    /// <summary>
    /// The contexts that a text names: one by its whole name, else all of them, else several with commas or blanks
    /// between; a name may stand in quotes.
    /// </summary>
    /// <returns>The names, and the first that is none.</returns>
    public static (IReadOnlyList<string> Names, string? Unknown) Read(string typed, IReadOnlyList<string> all)
    {
        typed = typed.Trim();
        if (all.Contains(typed))
        {
            return ([typed], null);
        }

        if (typed is "*" or "all")
        {
            return ([.. all], null);
        }

        var names = new List<string>();
        for (var at = 0; at < typed.Length; )
        {
            if (typed[at] is ' ' or ',')
            {
                at++;
                continue;
            }

            var (name, length) = Next(typed[at..], all);
            if (!all.Contains(name))
            {
                return ([], name);
            }

            if (!names.Contains(name))
            {
                names.Add(name);
            }

            at += length;
        }

        return (names, null);
    }

    /// <summary>How many words behind an <c>@</c> belong to it: a name of several words is taken whole.</summary>
    public static int Longest(IReadOnlyList<string> words, IReadOnlyList<string> all)
    {
        for (var count = words.Count; count > 1; count--)
        {
            if (
                Read(string.Join(' ', words.Take(count))[1..], all) is { Unknown: null, Names.Count: > 0 }
                && !words.Skip(1).Take(count - 1).All(all.Contains)
            )
            {
                return count;
            }
        }

        return 1;
    }

    private static (string Name, int Length) Next(string text, IReadOnlyList<string> all)
    {
        if (text[0] is '"' or '\'' && text.IndexOf(text[0], 1) is > 0 and var end)
        {
            return (text[1..end], end + 1);
        }

        // The longest name that the text begins with, where a blank, a comma or nothing follows it.
        var known = all.Where(name =>
                text.StartsWith(name, StringComparison.Ordinal) && (text.Length == name.Length || text[name.Length] is ' ' or ',')
            )
            .MaxBy(name => name.Length);
        if (known is not null)
        {
            return (known, known.Length);
        }

        var stop = text.IndexOfAny([' ', ',']);
        return stop < 0 ? (text, text.Length) : (text[..stop], stop);
    }
}
