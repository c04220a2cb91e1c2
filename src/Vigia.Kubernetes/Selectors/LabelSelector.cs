using System.Diagnostics.CodeAnalysis;
using Vigia.Kubernetes.Selectors;

namespace Vigia.Kubernetes;

/// <summary>
/// A label selector in any of Kubernetes' forms (apimachinery <c>pkg/labels</c>): <c>a=b,c!=d,e in (f,g),h notin
/// (i),j,!k,l&gt;3,m&lt;5</c>. All terms must hold.
/// </summary>
/// <remarks><b>Guarantees.</b> Immutable. <c>Parse(s.ToString())</c> equals <c>s</c>.</remarks>
public sealed class LabelSelector
{
    private LabelSelector(IReadOnlyList<LabelRequirement> requirements) => Requirements = requirements;

    /// <summary>Matches every object.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>The terms, sorted by key.</summary>
    public IReadOnlyList<LabelRequirement> Requirements { get; }

    /// <summary>Reads a selector.</summary>
    /// <exception cref="SelectorFormatException">It cannot be understood.</exception>
    public static LabelSelector Parse(string text) =>
        TryParse(text, out var selector, out var error) ? selector : throw new SelectorFormatException(error);

    /// <summary>Parses a selector, or returns the error. The empty text matches everything.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out LabelSelector? selector, [NotNullWhen(false)] out string? error)
    {
        selector = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            (selector, error) = (Everything, null);
            return true;
        }

        try
        {
            var requirements = new LabelSelectorReader(text).ReadAll();
            selector = new LabelSelector([.. requirements.OrderBy(requirement => requirement.Key, StringComparer.Ordinal)]);
            error = null;
            return true;
        }
        catch (SelectorFormatException refused)
        {
            error = refused.Message;
            return false;
        }
    }

    /// <summary>True if all terms hold. Allocates nothing.</summary>
    public bool Matches(LabelSet labels)
    {
        for (var i = 0; i < Requirements.Count; i++)
        {
            if (!Requirements[i].Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() => string.Join(',', Requirements);
}
