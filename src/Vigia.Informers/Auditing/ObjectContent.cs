using System.Buffers.Binary;
using System.Security.Cryptography;
using Vigia.Kubernetes;

namespace Vigia.Informers.Auditing;

/// <summary>
/// The compared part of an object: the JSON after kind and apiVersion, which the items of lists lack, and which some
/// servers leave out of events too.
/// </summary>
internal static class ObjectContent
{
    /// <summary>True if both say the same. Allocates nothing.</summary>
    public static bool AreEqual(RawObject left, RawObject right)
    {
        using var one = left.Open();
        using var other = right.Open();
        return Body(one.Span).SequenceEqual(Body(other.Span));
    }

    /// <summary>128 bits that are equal if and only if <see cref="AreEqual"/> is true.</summary>
    public static UInt128 Digest(RawObject o)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var json = o.Open();
        SHA256.HashData(Body(json.Span), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> json)
    {
        var body = json[1..];
        while ((body.StartsWith("\"kind\":\""u8) || body.StartsWith("\"apiVersion\":\""u8)) && body.IndexOf("\","u8) is > 0 and var end)
        {
            body = body[(end + 2)..];
        }

        return body;
    }
}
