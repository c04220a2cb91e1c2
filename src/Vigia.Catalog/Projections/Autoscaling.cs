using System.Globalization;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>
/// Columns of horizontal pod autoscalers (kubernetes printers.go: formatHPAMetrics), for autoscaling/v2 and v1.
/// </summary>
internal static class Autoscaling
{
    private const int Shown = 2;

    public static string Targets(JsonView hpa)
    {
        var spec = hpa["spec"u8];
        if (!spec["metrics"u8].IsArray)
        {
            // autoscaling/v1 has CPU only.
            var target = spec["targetCPUUtilizationPercentage"u8];
            var current = hpa["status"u8]["currentCPUUtilizationPercentage"u8];
            return target.IsAbsent ? Texts.None : $"cpu: {(current.IsAbsent ? "<unknown>" : current.Text + "%")}/{target.Text}%";
        }

        var texts = new List<string>();
        var index = 0;
        foreach (var metric in spec["metrics"u8].Items())
        {
            texts.Add(Metric(metric, Item(hpa["status"u8]["currentMetrics"u8], index++)));
        }

        return texts.Count == 0 ? Texts.None
            : texts.Count > Shown
                ? string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", texts.Take(Shown))} + {texts.Count - Shown} more...")
            : string.Join(", ", texts);
    }

    private static string Metric(JsonView metric, JsonView current)
    {
        switch (metric["type"u8].Text)
        {
            case "Resource":
                return Resource(metric["resource"u8], current["resource"u8]);
            case "ContainerResource":
                return Resource(metric["containerResource"u8], current["containerResource"u8]);
            case "Pods":
                return Value(metric["pods"u8], current["pods"u8], "averageValue"u8);
            case "Object":
                var target = metric["object"u8];
                return target["target"u8]["type"u8].TextEquals("AverageValue"u8)
                    ? $"{Value(target, current["object"u8], "averageValue"u8)} (avg)"
                    : Value(target, current["object"u8], "value"u8);
            case "External":
                var external = metric["external"u8];
                return external["target"u8]["averageValue"u8].IsAbsent
                    ? Value(external, current["external"u8], "value"u8)
                    : $"{Value(external, current["external"u8], "averageValue"u8)} (avg)";
            default:
                return "<unknown type>";
        }
    }

    private static string Resource(JsonView metric, JsonView current)
    {
        var name = metric["name"u8].Text;
        if (!metric["target"u8]["averageValue"u8].IsAbsent)
        {
            return $"{name}: {Value(metric, current, "averageValue"u8)}";
        }

        var now = current["current"u8]["averageUtilization"u8];
        var target = metric["target"u8]["averageUtilization"u8];
        return $"{name}: {(now.IsAbsent ? "<unknown>" : now.Text + "%")}/{(target.IsAbsent ? "<auto>" : target.Text + "%")}";
    }

    private static string Value(JsonView metric, JsonView current, ReadOnlySpan<byte> member) =>
        $"{current["current"u8][member].Text ?? "<unknown>"}/{metric["target"u8][member].Text ?? "<auto>"}";

    private static JsonView Item(JsonView items, int index)
    {
        foreach (var item in items.Items())
        {
            if (index-- == 0)
            {
                return item;
            }
        }

        return default;
    }
}
