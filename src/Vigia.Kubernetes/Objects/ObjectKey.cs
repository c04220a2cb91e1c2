namespace Vigia.Kubernetes;

/// <summary>
/// Namespace and name: what client-go's <c>MetaNamespaceKeyFunc</c> joins to one string. <see cref="Namespace"/> is
/// empty for cluster-scoped objects.
/// </summary>
/// <param name="Namespace">The namespace, or the empty string.</param>
/// <param name="Name">The name.</param>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    /// <summary>Reads <c>namespace/name</c> or <c>name</c>.</summary>
    /// <exception cref="FormatException">More than one slash, or no name.</exception>
    public static ObjectKey Parse(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = key[(slash + 1)..];
        return name.Length > 0 && !name.Contains('/', StringComparison.Ordinal)
            ? new(slash < 0 ? "" : key[..slash], name)
            : throw new FormatException($"'{key}' is not a key: expected NAMESPACE/NAME or NAME");
    }

    /// <summary>Ordinal order by namespace, then name: the order of an API server's list.</summary>
    public int CompareTo(ObjectKey other)
    {
        var order = string.CompareOrdinal(Namespace, other.Namespace);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped object (client-go's form).</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    /// <summary>Ordinal order.</summary>
    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;
}
