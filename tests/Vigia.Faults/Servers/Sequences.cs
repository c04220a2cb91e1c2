using System.Globalization;
using System.Text;

namespace Vigia.Faults.Servers;

/// <summary>
/// The number that each write puts into its pod, in an annotation: it can be found in any encoding of the pod.
/// </summary>
internal static class Sequences
{
    private const string Begin = "seq:";

    /// <summary>The annotation's value.</summary>
    public static string Text(long sequence) => string.Create(CultureInfo.InvariantCulture, $"{Begin}{sequence};");

    /// <summary>The pod as it is made.</summary>
    public static string Pod(string ns, string name, long sequence) =>
        $$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","annotations":{"seq":"{{{Text(
                sequence
            )}}}"}},
             "spec":{"automountServiceAccountToken":false,"containers":[{"name":"app","image":"nginx"}]}}
            """;

    /// <summary>The number in a pod's bytes; null where there is none.</summary>
    public static long? Of(ReadOnlySpan<byte> pod)
    {
        var mark = Encoding.ASCII.GetBytes(Begin);
        var at = pod.IndexOf(mark);
        if (at < 0)
        {
            return null;
        }

        var rest = pod[(at + mark.Length)..];
        return long.Parse(rest[..rest.IndexOf((byte)';')], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
