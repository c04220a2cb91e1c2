using System.Buffers;

namespace Vigia.Kubernetes.Objects;

/// <summary>Takes copies of a Secret's values out of its annotations: <c>kubectl apply</c> and others keep the whole object there, so that metadata alone tells everything.</summary>
internal static class SecretCopies
{
    /// <summary>True where the annotations (a JSON object) hold one.</summary>
    public static bool AreIn(ReadOnlySpan<byte> annotations)
    {
        var found = false;
        Visit(annotations, (_, isCopy) => found |= isCopy);
        return found;
    }

    /// <summary>Writes the annotations without them.</summary>
    public static void WriteWithout(ReadOnlySpan<byte> annotations, IBufferWriter<byte> output)
    {
        var kept = new List<Range>();
        Visit(annotations, (range, isCopy) =>
        {
            if (!isCopy)
            {
                kept.Add(range);
            }
        });
        output.Write("{"u8);
        for (var i = 0; i < kept.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            output.Write(annotations[kept[i]]);
        }

        output.Write("}"u8);
    }

    private static void Visit(ReadOnlySpan<byte> json, Action<Range, bool> member)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            return;
        }

        var at = JsonScan.SkipWhiteSpace(json, 1);
        while (at < json.Length && json[at] == (byte)'"')
        {
            var nameEnd = JsonScan.SkipString(json, at);
            var valueAt = JsonScan.SkipWhiteSpace(json, JsonScan.SkipWhiteSpace(json, nameEnd) + 1);
            var end = JsonScan.SkipValue(json, valueAt);
            if (nameEnd < 0 || end < 0)
            {
                throw JsonScan.Malformed(json, json.Length, "the end of an annotation");
            }

            member(at..end, IsCopy(json[(at + 1)..(nameEnd - 1)], json[valueAt..end]));
            at = JsonScan.SkipWhiteSpace(json, end);
            at = at < json.Length && json[at] == (byte)',' ? JsonScan.SkipWhiteSpace(json, at + 1) : json.Length;
        }
    }

    /// <summary>The tools that are known by name (kubectl, kapp, Rancher, which packs it), and whatever else holds an object's data as JSON.</summary>
    private static bool IsCopy(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        => name.EndsWith("/last-applied-configuration"u8)
           || name.SequenceEqual("kapp.k14s.io/original"u8)
           || name.SequenceEqual("objectset.rio.cattle.io/applied"u8)
           || value.IndexOf("\\\"data\\\""u8) >= 0
           || value.IndexOf("\\\"stringData\\\""u8) >= 0;
}
