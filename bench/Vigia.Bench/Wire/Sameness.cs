using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Bench.Wire;

/// <summary>Whether the objects of two decoders mean the same.</summary>
internal static class Sameness
{
    /// <summary>
    /// How many of the left objects equal the right ones of the same key and version, as parsed JSON and by header; and
    /// what the first difference was.
    /// </summary>
    public static (int Equal, int Compared, string? First) Compare(List<RawObject> left, List<RawObject> right)
    {
        var byKey = right.ToDictionary(o => o.Key);
        var (equal, compared, first) = (0, 0, (string?)null);
        foreach (var one in left)
        {
            // An object that was changed between the two requests says nothing about the decoders.
            if (!byKey.TryGetValue(one.Key, out var other) || one.ResourceVersion != other.ResourceVersion)
            {
                continue;
            }

            compared++;
            var difference = Headers(one, other) ?? Bodies(one, other);
            equal += difference is null ? 1 : 0;
            first ??= difference is null ? null : $"{one.Key}: {difference}";
        }

        return (equal, compared, first);
    }

    private static string? Headers(RawObject one, RawObject other) =>
        one.Kind == other.Kind
        && one.ApiVersion == other.ApiVersion
        && one.Uid == other.Uid
        && one.Generation == other.Generation
        && one.CreationTimestamp == other.CreationTimestamp
        && one.DeletionTimestamp == other.DeletionTimestamp
        && one.Labels.SequenceEqual(other.Labels)
        && one.Owners.SequenceEqual(other.Owners)
        && Equals(one.LastChange, other.LastChange)
            ? null
            : "header";

    private static string? Bodies(RawObject one, RawObject other)
    {
        using var left = one.Open();
        using var right = other.Open();
        using var leftJson = JsonDocument.Parse(left.Span.ToArray());
        using var rightJson = JsonDocument.Parse(right.Span.ToArray());
        return JsonElement.DeepEquals(leftJson.RootElement, rightJson.RootElement)
            ? null
            : Difference(leftJson.RootElement, rightJson.RootElement, "");
    }

    private static string Difference(JsonElement left, JsonElement right, string path)
    {
        if (left.ValueKind == JsonValueKind.Object && right.ValueKind == JsonValueKind.Object)
        {
            foreach (var name in left.EnumerateObject().Concat(right.EnumerateObject()).Select(member => member.Name).Distinct())
            {
                var (hasLeft, hasRight) = (left.TryGetProperty(name, out var a), right.TryGetProperty(name, out var b));
                if (hasLeft != hasRight)
                {
                    return $"{path}.{name} only {(hasLeft ? "left" : "right")}";
                }

                if (!JsonElement.DeepEquals(a, b))
                {
                    return Difference(a, b, $"{path}.{name}");
                }
            }
        }
        else if (
            left.ValueKind == JsonValueKind.Array
            && right.ValueKind == JsonValueKind.Array
            && left.GetArrayLength() == right.GetArrayLength()
        )
        {
            for (var i = 0; i < left.GetArrayLength(); i++)
            {
                if (!JsonElement.DeepEquals(left[i], right[i]))
                {
                    return Difference(left[i], right[i], $"{path}[{i}]");
                }
            }
        }

        return $"{path}: {left.GetRawText()} and {right.GetRawText()}";
    }
}
