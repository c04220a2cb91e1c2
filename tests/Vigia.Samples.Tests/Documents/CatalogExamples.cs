using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Samples.Tests.Documents;

/// <summary>The code of the Catalog package's README.</summary>
internal static class CatalogExamples
{
    public static void Print(IReadOnlyList<RawObject> pods, TextWriter output, TimeProvider time)
    {
        #region table
        var entry = ResourceCatalog.BuiltIn.Find("po")!; // by any name that kubectl takes
        // NAME READY STATUS RESTARTS AGE, as kubectl get pods prints them.
        output.WriteLine(TableText.Render(entry, pods, time.GetUtcNow()));

        var row = entry.RowOf(pods[0]); // computed once for each version of an object
        output.WriteLine($"{row.Text(2, time.GetUtcNow())}: {row.Health}"); // CrashLoopBackOff: Bad
        #endregion
    }
}
