using System.Buffers.Binary;
using System.Buffers.Text;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// One change of a resource in compact form: its revision and a digest of the object's uid. It distinguishes two
/// histories of a cluster that share revisions.
/// </summary>
/// <remarks>
/// An etcd that was restored from a backup assigns the lost revisions again, to other changes. A cursor therefore
/// carries the last change of the resource that its reader has passed. If that change is not in the history, the cursor
/// belongs to a lost one. The digest covers the object's uid and the manager and time of the last change, since one
/// object may get the same revision in both histories. It has 24 bits: one in 16 million wrong changes of the same
/// revision goes unnoticed.
/// </remarks>
/// <param name="Revision">The change's revision; 0 for no change.</param>
/// <param name="Digest">24 bits of the object's uid, generation and last change; equal in every process.</param>
public readonly record struct ChangeMark(ulong Revision, uint Digest)
{
    private const int TextLength = 4;

    /// <summary>No change is known.</summary>
    public static ChangeMark None => default;

    /// <summary>True if no change is known.</summary>
    public bool IsNone => Revision == 0;

    /// <summary>The mark of an object's change; none if the revision is not a number.</summary>
    public static ChangeMark Of(ResourceVersion revision, RawObject changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        return revision.IsNumber ? new(revision.Number, DigestOf(changed)) : None;
    }

    /// <summary>The mark of a version, as the change that brought it.</summary>
    public static ChangeMark Of(RawObject version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return Of(version.ResourceVersion, version);
    }

    /// <summary>
    /// The digest as four characters of the URL-safe base64 alphabet, so that it fits into a cursor's text.
    /// </summary>
    public string DigestText()
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Digest);
        return Base64Url.EncodeToString(bytes[1..]);
    }

    /// <summary>Reads <see cref="DigestText"/>.</summary>
    public static bool TryParseDigest(ReadOnlySpan<char> text, out uint digest)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes.Clear();
        digest = 0;
        if (
            text.Length != TextLength
            || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes[1..], out var written)
            || written != 3
        )
        {
            return false;
        }

        digest = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return true;
    }

    private static uint DigestOf(RawObject changed)
    {
        Span<byte> bytes = stackalloc byte[32];
        uint hash = 2166136261;
        var uid = changed.Identity;
        foreach (var c in uid.Text ?? "")
        {
            hash = (hash ^ c) * 16777619;
        }

        var (author, at) = changed.Change;
        uid.Uuid.TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[16..], changed.Generation);
        BinaryPrimitives.WriteInt64BigEndian(bytes[24..], at?.ToUnixTimeSeconds() ?? 0);
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 16777619;
        }

        foreach (var c in author?.Manager ?? "")
        {
            hash = (hash ^ c) * 16777619;
        }

        return (hash ^ (hash >> 24)) & 0xFFFFFF;
    }
}
