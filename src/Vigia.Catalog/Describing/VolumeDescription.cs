using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>The volumes of a pod, or of the template of one, each with where it comes from.</summary>
internal static class VolumeDescription
{
    public static void Write(DescriptionWriter writer, int depth, JsonElement volumes)
    {
        if (!volumes.Items().Any())
        {
            return;
        }

        writer.Head(depth, "Volumes");
        foreach (var volume in volumes.Items())
        {
            writer.Head(depth + 1, volume.Text("name") ?? "");
            var source = volume.Members().FirstOrDefault(member => member.Name != "name");
            void Pair(string name, string? value) => writer.Pair(depth + 2, name, value, Description.Column);
            switch (source.Name)
            {
                case "configMap":
                    Pair("Type", "ConfigMap (a volume populated by a ConfigMap)");
                    Pair("Name", source.Value.Text("name"));
                    Pair("Optional", source.Value.Text("optional") ?? "false");
                    break;
                case "secret":
                    Pair("Type", "Secret (a volume populated by a Secret)");
                    Pair("SecretName", source.Value.Text("secretName"));
                    Pair("Optional", source.Value.Text("optional") ?? "false");
                    break;
                case "persistentVolumeClaim":
                    Pair("Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)");
                    Pair("ClaimName", source.Value.Text("claimName"));
                    Pair("ReadOnly", source.Value.Text("readOnly") ?? "false");
                    break;
                case "hostPath":
                    Pair("Type", "HostPath (bare host directory volume)");
                    Pair("Path", source.Value.Text("path"));
                    Pair("HostPathType", source.Value.Text("type"));
                    break;
                case "emptyDir":
                    Pair("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
                    Pair("Medium", source.Value.Text("medium"));
                    Pair("SizeLimit", source.Value.Text("sizeLimit") ?? "<unset>");
                    break;
                case "projected":
                    Pair("Type", "Projected (a volume that contains injected data from multiple sources)");
                    Projected(source.Value, Pair);
                    break;
                case null:
                    break;
                default:
                    Pair("Type", GenericDescription.Label(source.Name));
                    foreach (var member in source.Value.Members().Where(member => member.Value.Text() is not null))
                    {
                        Pair(GenericDescription.Label(member.Name), member.Value.Text());
                    }

                    break;
            }
        }
    }

    private static void Projected(JsonElement volume, Action<string, string?> pair)
    {
        foreach (var part in volume.At("sources").Items().SelectMany(part => part.Members()))
        {
            switch (part.Name)
            {
                case "serviceAccountToken":
                    pair("TokenExpirationSeconds", part.Value.Text("expirationSeconds") ?? "3600");
                    break;
                case "configMap":
                    pair("ConfigMapName", part.Value.Text("name"));
                    break;
                case "secret":
                    pair("SecretName", part.Value.Text("name"));
                    break;
                case "downwardAPI":
                    pair("DownwardAPI", "true");
                    break;
                default:
                    pair(GenericDescription.Label(part.Name), part.Value.Text("name") ?? "true");
                    break;
            }
        }
    }
}
