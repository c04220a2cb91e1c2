using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>Claims and volumes.</summary>
internal static class StorageDescription
{
    private const int Column = Description.Column;

    public static void WriteClaim(DescriptionWriter writer, DescriptionContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        writer.Pair(0, "StorageClass", spec.Text("storageClassName"), Column);
        writer.Pair(
            0,
            "Status",
            status.Text("phase"),
            Column,
            status.Text("phase") switch
            {
                "Bound" => Tone.Good,
                "Lost" => Tone.Bad,
                _ => Tone.Warning,
            }
        );
        writer.Pair(0, "Volume", spec.Text("volumeName"), Column);
        writer.Pair(0, "Capacity", status.Text("capacity", "storage"), Column);
        writer.Pair(0, "Access Modes", context.RowText("access-modes") ?? Modes(context), Column);
        writer.Pair(0, "VolumeMode", spec.Text("volumeMode") ?? "Filesystem", Column);
        if (context.Around.Pods is { } pods)
        {
            writer.List(0, "Used By", pods.Select(pod => pod.Object.Name).Order(StringComparer.Ordinal), Column);
        }

        Description.Conditions(writer, context);
    }

    public static void WriteVolume(DescriptionWriter writer, DescriptionContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        writer.Pair(0, "StorageClass", spec.Text("storageClassName"), Column);
        writer.Pair(0, "Status", status.Text("phase"), Column, status.Text("phase") == "Failed" ? Tone.Bad : Tone.Plain);
        writer.Pair(
            0,
            "Claim",
            spec.Text("claimRef", "name") is { } claim ? $"{spec.Text("claimRef", "namespace")}/{claim}" : null,
            Column
        );
        writer.Pair(0, "Reclaim Policy", spec.Text("persistentVolumeReclaimPolicy") ?? "Retain", Column);
        writer.Pair(0, "Access Modes", context.RowText("access-modes") ?? Modes(context), Column);
        writer.Pair(0, "VolumeMode", spec.Text("volumeMode") ?? "Filesystem", Column);
        writer.Pair(0, "Capacity", spec.Text("capacity", "storage"), Column);
        if (status.Text("message") is { Length: > 0 } message)
        {
            writer.Pair(0, "Message", message, Column, Tone.Warning);
        }

        foreach (
            var source in spec.Members()
                .Where(member =>
                    member.Value.ValueKind == System.Text.Json.JsonValueKind.Object
                    && member.Name is not ("capacity" or "claimRef" or "nodeAffinity")
                )
        )
        {
            writer.Head(0, "Source");
            writer.Pair(1, "Type", source.Name == "csi" ? "CSI" : GenericDescription.Label(source.Name), Column - 2);
            foreach (var member in source.Value.Members().Where(member => member.Value.Text() is not null))
            {
                writer.Pair(1, GenericDescription.Label(member.Name), member.Value.Text(), Column - 2);
            }
        }
    }

    private static string Modes(DescriptionContext context) =>
        string.Join(',', context.Json.At("spec", "accessModes").Items().Select(mode => mode.GetString()));
}
