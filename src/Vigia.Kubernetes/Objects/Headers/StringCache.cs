using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Vigia.Kubernetes.Objects.Headers;

/// <summary>
/// Returns one string for equal bytes, so that namespaces, labels and owners of ten thousand pods are stored once.
/// </summary>
/// <remarks>Bounded: values that never repeat cannot make it grow without end. Not thread-safe.</remarks>
internal sealed class StringCache
{
    private const int Most = 8192;
    private const int LongestCached = 256;

    private readonly InternTable<string> _strings = new(
        Most,
        static (text, bytes) => text.Length == bytes.Length && Ascii.Equals(bytes, text)
    );

    /// <summary>The text of a JSON string's inside; escapes are resolved.</summary>
    public string Get(ReadOnlySpan<byte> inside)
    {
        if (inside.IsEmpty)
        {
            return "";
        }

        if (inside.Length > LongestCached || inside.Contains((byte)'\\'))
        {
            return Read(inside);
        }

        return _strings.Find(inside) ?? _strings.Add(inside, Encoding.UTF8.GetString(inside));
    }

    /// <summary>The text of a JSON string's inside, not shared: for names and uids, which do not repeat.</summary>
    /// <exception cref="ObjectFormatException">An invalid escape.</exception>
    public static string Read(ReadOnlySpan<byte> inside)
    {
        if (!inside.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(inside);
        }

        Span<byte> quoted = inside.Length < 1024 ? stackalloc byte[inside.Length + 2] : new byte[inside.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        inside.CopyTo(quoted[1..]);
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            return reader.GetString() ?? "";
        }
        catch (Exception garbled) when (garbled is JsonException or InvalidOperationException)
        {
            // An escape that is not JSON's, or half of a surrogate pair.
            throw new ObjectFormatException($"not a JSON string: {garbled.Message}", garbled);
        }
    }

    /// <summary>A quick hash for cache slots; not for tables that others can choose the keys of.</summary>
    public static int Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = (uint)bytes.Length;
        while (bytes.Length >= 4)
        {
            hash = BitOperations.RotateLeft(hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes), 13) * 0x9E3779B1;
            bytes = bytes[4..];
        }

        foreach (var b in bytes)
        {
            hash = BitOperations.RotateLeft(hash ^ b, 13) * 0x9E3779B1;
        }

        return (int)(hash ^ (hash >> 15));
    }
}
