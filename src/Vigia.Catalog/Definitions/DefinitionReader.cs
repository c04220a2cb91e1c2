using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Definitions;

/// <summary>
/// Reads the few things that a table of its objects needs from a custom resource definition (apiextensions.k8s.io/v1).
/// </summary>
internal static class DefinitionReader
{
    /// <summary>The definition, or null while it is not established or serves nothing.</summary>
    /// <exception cref="JsonException">The document is not a CustomResourceDefinition.</exception>
    public static CustomDefinition? Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        try
        {
            var spec = root.GetProperty("spec");
            var names = spec.GetProperty("names");
            var group = spec.GetProperty("group").GetString()!;
            var plural = names.GetProperty("plural").GetString()!;
            var served = Items(spec, "versions")
                .Where(version => version.GetProperty("served").GetBoolean())
                .OrderBy(version => VersionOrder(version.GetProperty("name").GetString()!))
                .ToArray();
            if (!IsEstablished(root) || served.Length == 0)
            {
                return null;
            }

            string?[] aliases = [plural, Text(names, "singular"), .. Items(names, "shortNames").Select(name => name.GetString())];
            return new(
                $"{plural}.{group}",
                names.GetProperty("kind").GetString()!,
                spec.GetProperty("scope").GetString() == "Namespaced",
                [.. aliases.Where(alias => !string.IsNullOrEmpty(alias)).Distinct(StringComparer.Ordinal)!],
                [.. served.Select(version => new GroupVersionResource(group, version.GetProperty("name").GetString()!, plural))],
                [.. served.Select(Columns)]
            );
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException)
        {
            throw new JsonException(error.Message, error);
        }
    }

    private static IReadOnlyList<(string Name, string Path, string Type, int Priority)> Columns(JsonElement version) =>
        [
            .. Items(version, "additionalPrinterColumns")
                .Select(column =>
                    (
                        column.GetProperty("name").GetString()!,
                        column.GetProperty("jsonPath").GetString()!,
                        Text(column, "type") ?? "string",
                        column.TryGetProperty("priority", out var priority) ? priority.GetInt32() : 0
                    )
                ),
        ];

    /// <summary>
    /// Kubernetes' order of versions: stable before beta before alpha, newer before older, then other names
    /// alphabetically.
    /// </summary>
    internal static (int Stage, int Major, int Minor, string Name) VersionOrder(string version)
    {
        var digits = version.AsSpan(version.StartsWith('v') ? 1 : 0);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        if (
            !version.StartsWith('v')
            || !int.TryParse(end < 0 ? digits : digits[..end], System.Globalization.CultureInfo.InvariantCulture, out var major)
        )
        {
            return (3, 0, 0, version);
        }

        var rest = end < 0 ? "" : digits[end..].ToString();
        var stage =
            rest.Length == 0 ? 0
            : rest.StartsWith("beta", StringComparison.Ordinal) ? 1
            : rest.StartsWith("alpha", StringComparison.Ordinal) ? 2
            : 3;
        var number = rest.TrimStart("abehlpt".ToCharArray());
        return (
            stage,
            -major,
            -(int.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out var minor) ? minor : 0),
            version
        );
    }

    private static bool IsEstablished(JsonElement root) =>
        root.TryGetProperty("status", out var status)
        && Items(status, "conditions").Any(condition => Text(condition, "type") == "Established" && Text(condition, "status") == "True");

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : Enumerable.Empty<JsonElement>();

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
