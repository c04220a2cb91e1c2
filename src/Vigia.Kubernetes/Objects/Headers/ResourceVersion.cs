using System.Globalization;

namespace Vigia.Kubernetes;

/// <summary>How one resourceVersion relates to another.</summary>
public enum RevisionOrder
{
    /// <summary>
    /// At least one of the two is not a number in KEP-5504's form: nothing can be said but (in)equality.
    /// </summary>
    Unknown,

    /// <summary>The left one is older.</summary>
    Older,

    /// <summary>Both are the same.</summary>
    Equal,

    /// <summary>The left one is newer.</summary>
    Newer,
}

/// <summary>
/// A Kubernetes <c>resourceVersion</c>: a value to resume from, comparable if the server follows KEP-5504, opaque
/// otherwise.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> An immutable value of 16 bytes. Versions of KEP-5504's form (decimal digits, no leading zero)
/// that fit 64 bits are kept as a number and cost no string; every other text is kept as it came. Comparison is only
/// meaningful within one resource of one cluster (KEP-5504; apimachinery <c>pkg/util/resourceversion</c>), and answers
/// <see cref="RevisionOrder.Unknown"/> for versions of aggregated servers that do not follow the form.
/// </remarks>
public readonly struct ResourceVersion : IEquatable<ResourceVersion>
{
    private readonly ulong _number;
    private readonly string? _text;

    private ResourceVersion(ulong number, string? text)
    {
        _number = number;
        _text = text;
    }

    /// <summary>No version: as a request parameter, "the most recent state" (a consistent read).</summary>
    public static ResourceVersion None => default;

    /// <summary>The version "0": as a request parameter, "any state the server has in its cache".</summary>
    public static ResourceVersion Any { get; } = new(0, "0");

    /// <summary>True for the empty version.</summary>
    public bool IsNone => _number == 0 && _text is null;

    /// <summary>The version as a number if it has KEP-5504's form and fits 64 bits, else 0.</summary>
    public ulong Number => _number;

    /// <summary>True if the version is a positive number of KEP-5504's form within 64 bits.</summary>
    public bool IsNumber => _number != 0;

    /// <summary>The inverse of <see cref="Number"/> for numeric versions: 0 means none.</summary>
    internal static ResourceVersion FromNumberOrNone(ulong number) => number == 0 ? None : new(number, null);

    /// <summary>Creates a version from a number; 0 returns <see cref="Any"/>.</summary>
    public static ResourceVersion FromNumber(ulong number) => number == 0 ? Any : new(number, null);

    /// <summary>
    /// Parses a version; null and the empty text return <see cref="None"/>. Never fails: any text is a version.
    /// </summary>
    public static ResourceVersion Parse(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return None;
        }

        if (text is "0")
        {
            return Any;
        }

        return IsCanonical(text) && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(number, null)
            : new(0, text.ToString());
    }

    /// <summary>Reads a version from UTF-8 text (the inside of the JSON string).</summary>
    public static ResourceVersion Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return None;
        }

        if (
            utf8[0] != (byte)'0'
            && utf8.Length <= 20
            && System.Buffers.Text.Utf8Parser.TryParse(utf8, out ulong number, out var used)
            && used == utf8.Length
        )
        {
            return new(number, null);
        }

        return Parse(System.Text.Encoding.UTF8.GetString(utf8));
    }

    /// <summary>Says how this version relates to <paramref name="other"/>.</summary>
    public RevisionOrder CompareTo(ResourceVersion other)
    {
        if (_number != 0 && other._number != 0)
        {
            return _number == other._number ? RevisionOrder.Equal
                : _number < other._number ? RevisionOrder.Older
                : RevisionOrder.Newer;
        }

        if (Equals(other))
        {
            return RevisionOrder.Equal;
        }

        // KEP-5504 allows up to 2^128-1: longer digits are compared by length, then as text.
        var (left, right) = (ToString(), other.ToString());
        if (!IsCanonical(left) || !IsCanonical(right))
        {
            return RevisionOrder.Unknown;
        }

        var order = left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);
        return order < 0 ? RevisionOrder.Older : RevisionOrder.Newer;
    }

    /// <summary>True if this version is known to be newer than <paramref name="other"/>.</summary>
    public bool IsNewerThan(ResourceVersion other) => CompareTo(other) == RevisionOrder.Newer;

    /// <summary>True if this version is known to be older than <paramref name="other"/>.</summary>
    public bool IsOlderThan(ResourceVersion other) => CompareTo(other) == RevisionOrder.Older;

    /// <inheritdoc/>
    public bool Equals(ResourceVersion other) => _number == other._number && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ResourceVersion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_number, _text);

    /// <summary>The version as the API server wrote it; empty for <see cref="None"/>.</summary>
    public override string ToString() => _text ?? (_number == 0 ? "" : _number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Equality of the two texts.</summary>
    public static bool operator ==(ResourceVersion left, ResourceVersion right) => left.Equals(right);

    /// <summary>Inequality of the two texts.</summary>
    public static bool operator !=(ResourceVersion left, ResourceVersion right) => !left.Equals(right);

    private static bool IsCanonical(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 39 && text[0] != '0' && !text.ContainsAnyExceptInRange('0', '9');
}
