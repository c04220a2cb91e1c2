using Vigia.Terminal.States;

namespace Vigia.Terminal.Commands;

/// <summary>How a command that is being typed may go on.</summary>
internal static class Completion
{
    /// <summary>The whole command with its last word completed; null where nothing begins so.</summary>
    public static string? Of(string text, ReducerContext context)
    {
        var space = text.LastIndexOf(' ') + 1;
        var word = text[space..];
        return Candidates(text, context).FirstOrDefault() is { } first && first.Length > word.Length ? text[..space] + first : null;
    }

    /// <summary>The words that the last one may become, the best first.</summary>
    public static IEnumerable<string> Candidates(string text, ReducerContext context)
    {
        var space = text.LastIndexOf(' ') + 1;
        var word = text[space..];
        if (word.Length == 0 && space == 0)
        {
            return [];
        }

        var first = text.Split(' ', 2)[0];
        IEnumerable<string> words =
            space == 0 ? context.Names
            : first is "ctx" or "context" or "contexts" ? context.AllContexts
            : word.StartsWith('@') ? context.AllContexts.Select(name => "@" + name)
            : context.Namespaces;
        return words
            .Where(candidate => candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .OrderBy(candidate => candidate.Length)
            .ThenBy(candidate => candidate, StringComparer.Ordinal);
    }
}
