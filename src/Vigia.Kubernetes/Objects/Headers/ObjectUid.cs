using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Kubernetes;

/// <summary>
/// <c>metadata.uid</c>: 16 bytes if it is a UUID in the API server's form, else its text. Compared exactly, as text
/// would be.
/// </summary>
public readonly struct ObjectUid : IEquatable<ObjectUid>
{
    private readonly Guid _uuid;
    private readonly string? _text;

    private ObjectUid(Guid uuid, string? text) => (_uuid, _text) = (uuid, text);

    /// <summary>No uid: some aggregated servers send none.</summary>
    public static ObjectUid None => default;

    /// <summary>True if there is none.</summary>
    public bool IsNone => _text is null && _uuid == Guid.Empty;

    internal Guid Uuid => _uuid;

    internal string? Text => _text;

    /// <summary>Reads the text of a uid.</summary>
    public static ObjectUid Parse(ReadOnlySpan<byte> utf8) =>
        utf8.IsEmpty ? None
        : utf8.Length == 36
        && !utf8.ContainsAnyInRange((byte)'A', (byte)'Z')
        && Utf8Parser.TryParse(utf8, out Guid uuid, out var used, 'D')
        && used == 36
        && uuid != Guid.Empty
            ? new(uuid, null)
        : new(Guid.Empty, StringCache.Read(utf8));

    /// <summary>Reads the text of a uid.</summary>
    public static ObjectUid Parse(string text) => Parse(System.Text.Encoding.UTF8.GetBytes(text ?? ""));

    internal static ObjectUid From(Guid uuid, string? text) => new(uuid, text);

    /// <inheritdoc/>
    public bool Equals(ObjectUid other) => _uuid == other._uuid && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ObjectUid other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _text is null ? _uuid.GetHashCode() : _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The text, as the server sent it; empty for none.</summary>
    public override string ToString() => _text ?? (_uuid == Guid.Empty ? "" : _uuid.ToString("D"));

    /// <summary>Same uid.</summary>
    public static bool operator ==(ObjectUid left, ObjectUid right) => left.Equals(right);

    /// <summary>Another uid.</summary>
    public static bool operator !=(ObjectUid left, ObjectUid right) => !left.Equals(right);
}
