using Vigia.Catalog;

namespace Vigia.Gateway.OpenApi;

/// <summary>
/// The names of a catalog's entries in the document: their kinds, and their full names if two share a kind.
/// </summary>
internal sealed class ApiNames
{
    /// <summary>The name for any resource.</summary>
    public const string Any = "Any";

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    public ApiNames(ResourceCatalog catalog)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Any, "Stream", "Socket", "Kubernetes" };
        foreach (var entry in catalog.Entries)
        {
            var name = Word(entry.Kind);
            if (!taken.Add(name))
            {
                name = Word(entry.Name);
                for (var i = 2; !taken.Add(name); i++)
                {
                    name = $"{Word(entry.Name)}{i}";
                }
            }

            _names[entry.Name] = name;
        }
    }

    /// <summary>The name of an entry; <see cref="Any"/> for none.</summary>
    public string Of(ResourceEntry? entry) => entry is null ? Any : _names[entry.Name];

    /// <summary>Letters and digits alone: <c>widgets.example.com</c> becomes <c>WidgetsExampleCom</c>.</summary>
    private static string Word(string text) =>
        string.Concat(
            text.Split([.. text.Where(c => !char.IsAsciiLetterOrDigit(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries)
                .Select(part => char.ToUpperInvariant(part[0]) + part[1..])
        );
}
