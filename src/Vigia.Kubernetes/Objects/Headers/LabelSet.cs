using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Vigia.Kubernetes;

/// <summary>An object's labels, sorted by key (ordinal).</summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable, thread-safe, and shared: objects with equal labels (the pods of a template) usually
/// have one instance, so reference equality is a fast check.
/// </remarks>
public sealed class LabelSet : IReadOnlyList<KeyValuePair<string, string>>
{
    private readonly KeyValuePair<string, string>[] _pairs;

    /// <summary>A slot for the packer, which looks here for the shape of the last object with these labels.</summary>
    internal object? LastShape { get; set; }

    /// <summary>
    /// Takes ownership of <paramref name="sortedPairs"/>, which must be sorted by key and free of duplicates.
    /// </summary>
    internal LabelSet(KeyValuePair<string, string>[] sortedPairs) => _pairs = sortedPairs;

    /// <summary>No labels.</summary>
    public static LabelSet Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _pairs.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, string> this[int index] => _pairs[index];

    /// <summary>Creates a set of any pairs; of equal keys the last one counts.</summary>
    public static LabelSet Create(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            sorted[key] = value;
        }

        return sorted.Count == 0 ? Empty : new([.. sorted]);
    }

    /// <summary>Finds a label's value. Allocates nothing.</summary>
    public bool TryGetValue(string key, [NotNullWhen(true)] out string? value)
    {
        foreach (ref readonly var pair in _pairs.AsSpan())
        {
            if (string.Equals(pair.Key, key, StringComparison.Ordinal))
            {
                value = pair.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_pairs).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary><c>a=b,c=d</c>.</summary>
    public override string ToString() => string.Join(',', _pairs.Select(pair => $"{pair.Key}={pair.Value}"));
}
