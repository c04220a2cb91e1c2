using System.Text.Json.Nodes;

namespace Vigia.Simulator.Validation;

/// <summary>
/// Writes to <c>pods/ephemeralcontainers</c>: they may only add containers for debugging; existing ones stay unchanged.
/// </summary>
internal static class EphemeralContainers
{
    /// <summary>The pod with the containers of the new state.</summary>
    /// <exception cref="StatusException">422 where one that was there is missing or another.</exception>
    public static JsonObject Take(ResourceType type, JsonObject was, JsonObject next)
    {
        var containers = next["spec"]?["ephemeralContainers"] as JsonArray ?? [];
        foreach (var before in was["spec"]?["ephemeralContainers"] as JsonArray ?? [])
        {
            var now = containers.FirstOrDefault(container => (string?)container?["name"] == (string?)before?["name"]);
            if (!JsonNode.DeepEquals(before, now))
            {
                throw StatusException.Invalid(
                    type,
                    (string?)was["metadata"]?["name"] ?? "",
                    new StatusCause(
                        "FieldValueForbidden",
                        $"Forbidden: existing ephemeral containers \"{(string?)before?["name"]}\" may not be "
                            + $"{(now is null ? "removed" : "changed")}",
                        "spec.ephemeralContainers"
                    )
                );
            }
        }

        if (was["spec"] is JsonObject spec)
        {
            spec["ephemeralContainers"] = containers.DeepClone();
        }

        if ((string?)next["metadata"]?["resourceVersion"] is { Length: > 0 } revision)
        {
            was["metadata"]!["resourceVersion"] = revision;
        }

        return was;
    }
}
