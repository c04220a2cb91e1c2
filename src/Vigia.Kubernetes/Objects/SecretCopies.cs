using System.Buffers;

namespace Vigia.Kubernetes.Objects;

/// <summary>
/// Removes copies of a Secret's values from its annotations: <c>kubectl apply</c> and others keep the whole object
/// there, packed, encoded or as a patch, so that metadata alone would expose everything.
/// </summary>
/// <remarks>
/// The forms of copies cannot be listed. So the names of all annotations are kept, but only the values of those that
/// are known to contain no copy and are short; other values become empty.
/// </remarks>
internal static class SecretCopies
{
    private const int LongestValue = 256;

    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "argocd.argoproj.io/compare-options",
        "argocd.argoproj.io/hook",
        "argocd.argoproj.io/sync-options",
        "argocd.argoproj.io/sync-wave",
        "argocd.argoproj.io/tracking-id",
        "cert-manager.io/alt-names",
        "cert-manager.io/certificate-name",
        "cert-manager.io/common-name",
        "cert-manager.io/ip-sans",
        "cert-manager.io/issuer-group",
        "cert-manager.io/issuer-kind",
        "cert-manager.io/issuer-name",
        "cert-manager.io/uri-sans",
        "helm.sh/hook",
        "helm.sh/hook-delete-policy",
        "helm.sh/hook-weight",
        "helm.sh/resource-policy",
        "kubernetes.io/service-account.name",
        "kubernetes.io/service-account.uid",
        "meta.helm.sh/release-name",
        "meta.helm.sh/release-namespace",
    };

    /// <summary>True if the annotations (a JSON object) may contain a copy.</summary>
    public static bool AreIn(ReadOnlySpan<byte> annotations)
    {
        var found = false;
        Visit(annotations, (_, _, mayBeCopy) => found |= mayBeCopy);
        return found;
    }

    /// <summary>Writes the annotations with empty values in their place.</summary>
    public static void WriteWithout(ReadOnlySpan<byte> annotations, IBufferWriter<byte> output)
    {
        var members = new List<(Range Name, Range Whole, bool MayBeCopy)>();
        Visit(annotations, (name, whole, mayBeCopy) => members.Add((name, whole, mayBeCopy)));
        output.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            output.Write(annotations[members[i].MayBeCopy ? members[i].Name : members[i].Whole]);
            if (members[i].MayBeCopy)
            {
                output.Write(":\"\""u8);
            }
        }

        output.Write("}"u8);
    }

    private static void Visit(ReadOnlySpan<byte> json, Action<Range, Range, bool> member)
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

            member(at..nameEnd, at..end, MayBeCopy(json[(at + 1)..(nameEnd - 1)], json[valueAt..end]));
            at = JsonScan.SkipWhiteSpace(json, end);
            at = at < json.Length && json[at] == (byte)',' ? JsonScan.SkipWhiteSpace(json, at + 1) : json.Length;
        }
    }

    private static bool MayBeCopy(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        !value.SequenceEqual("\"\""u8) && (value.Length > LongestValue || !Harmless.Contains(System.Text.Encoding.UTF8.GetString(name)));
}
