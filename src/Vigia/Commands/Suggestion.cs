using Vigia.Catalog.Searching;

namespace Vigia.Commands;

/// <summary>Suggests the word that was probably meant on the command line.</summary>
internal static class Suggestion
{
    /// <summary>The one known word that begins so, else the nearest one; null if none is near.</summary>
    public static string? For(string word, IReadOnlyCollection<string> known)
    {
        var longer = known.Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Take(2).ToArray();
        return word.Length > 0 && longer.Length == 1 ? longer[0] : NearestName.Of(word, known);
    }
}
