using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>
/// Columns of volumes and claims (kubernetes printers.go: printPersistentVolume, printPersistentVolumeClaim).
/// </summary>
internal static class Storage
{
    public static string Modes(JsonView modes)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mode in modes.Items())
        {
            found.Add(mode.Text ?? "");
        }

        return string.Join(
            ',',
            new[] { ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP") }
                .Where(pair => found.Contains(pair.Item1))
                .Select(pair => pair.Item2)
        );
    }

    /// <summary>Only a bound claim shows its capacity.</summary>
    public static string ClaimCapacity(JsonView claim) => IsBound(claim) ? claim["status"u8]["capacity"u8]["storage"u8].Text ?? "0" : "";

    public static string ClaimModes(JsonView claim) => IsBound(claim) ? Modes(claim["status"u8]["accessModes"u8]) : "";

    public static string Class(JsonView claim) =>
        claim["metadata"u8]["annotations"u8]["volume.beta.kubernetes.io/storage-class"u8].Text
        ?? claim["spec"u8]["storageClassName"u8].Text
        ?? "";

    public static string ClaimOf(JsonView volume)
    {
        var claim = volume["spec"u8]["claimRef"u8];
        return claim.IsAbsent ? "" : $"{claim["namespace"u8].Text}/{claim["name"u8].Text}";
    }

    private static bool IsBound(JsonView claim) => claim["spec"u8]["volumeName"u8].Text is { Length: > 0 };
}
