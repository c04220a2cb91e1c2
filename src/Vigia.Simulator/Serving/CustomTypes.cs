using System.Text.Json.Nodes;

namespace Vigia.Simulator.Serving;

/// <summary>
/// Reads the types of a CustomResourceDefinition: one per version, including those that are not served.
/// </summary>
internal static class CustomTypes
{
    public static IEnumerable<ResourceType> Read(JsonObject definition)
    {
        if (definition["spec"] is not JsonObject spec || spec["names"] is not JsonObject names)
        {
            yield break;
        }

        foreach (var version in spec["versions"] as JsonArray ?? [])
        {
            var scale = version?["subresources"]?["scale"];
            var kind = (string?)names["kind"] ?? "";
            yield return new ResourceType
            {
                Group = (string?)spec["group"] ?? "",
                Version = (string?)version?["name"] ?? "v1",
                Plural = (string?)names["plural"] ?? "",
                Singular = (string?)names["singular"] is { Length: > 0 } singular ? singular : kind.ToLowerInvariant(),
                Kind = kind,
                ListKind = (string?)names["listKind"] is { Length: > 0 } list ? list : kind + "List",
                Namespaced = (string?)spec["scope"] != "Cluster",
                ShortNames = Texts(names["shortNames"]),
                Categories = Texts(names["categories"]),
                HasStatus = version?["subresources"]?["status"] is not null,
                Scale = scale is null
                    ? null
                    : new ScalePaths(
                        (string?)scale["specReplicasPath"] ?? ".spec.replicas",
                        (string?)scale["statusReplicasPath"] ?? ".status.replicas",
                        (string?)scale["labelSelectorPath"]
                    ),
                HasGeneration = true,
                IsCustom = true,
                IsServed = (bool?)version?["served"] != false,
                IsStorage = (bool?)version?["storage"] == true,
                SelectableFields =
                [
                    .. (version?["selectableFields"] as JsonArray ?? [])
                        .Select(f => ((string?)f?["jsonPath"] ?? "").TrimStart('.'))
                        .Where(f => f.Length > 0),
                ],
                PrinterColumns =
                [
                    .. (version?["additionalPrinterColumns"] as JsonArray ?? [])
                        .OfType<JsonObject>()
                        .Select(c => new PrinterColumn(
                            (string?)c["name"] ?? "",
                            (string?)c["type"] ?? "string",
                            (string?)c["jsonPath"] ?? "",
                            (int?)c["priority"] ?? 0,
                            (string?)c["description"] ?? ""
                        )),
                ],
            };
        }
    }

    private static string[] Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Select(t => (string?)t ?? "")];
}
