using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>A HorizontalPodAutoscaler: its target, its metrics, and its current state.</summary>
internal static class AutoscalerDescription
{
    private const int Column = Description.Column;

    public static void Write(DescriptionWriter writer, DescriptionContext context)
    {
        var (spec, status) = (context.Json.At("spec"), context.Json.At("status"));
        var kind = spec.Text("scaleTargetRef", "kind") ?? "Object";
        writer.Pair(0, "Reference", $"{kind}/{spec.Text("scaleTargetRef", "name")}", Column);
        if (context.RowText("targets") is { } targets)
        {
            writer.Pair(0, "Metrics", $"{targets} ( current / target )", Column);
        }

        writer.Pair(0, "Min replicas", spec.Text("minReplicas") ?? "1", Column);
        writer.Pair(0, "Max replicas", spec.Text("maxReplicas"), Column);
        writer.Pair(
            0,
            $"{kind} pods",
            $"{status.Text("currentReplicas") ?? "0"} current / {status.Text("desiredReplicas") ?? "0"} desired",
            Column
        );
        if (status.At("lastScaleTime") is { ValueKind: JsonValueKind.String } last)
        {
            writer.Pair(0, "Last Scale", context.Moment(last.Time()), Column);
        }

        Description.Conditions(writer, context);
    }
}
