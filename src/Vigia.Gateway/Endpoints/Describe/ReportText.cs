using Vigia.Catalog;
using Vigia.Catalog.Describing;
using Vigia.Live.Queries;
using Vigia.Live.Relations;

namespace Vigia.Gateway.Endpoints.Describe;

/// <summary>
/// The gateway's additions to kubectl's text: health with its root reason, freshness, related objects, and the parts
/// that are not available.
/// </summary>
internal static class ReportText
{
    private const int MostLines = 100;

    public static IReadOnlyList<DescriptionItem> Of(ObjectReport report, DateTimeOffset now)
    {
        var writer = new DescriptionWriter();
        writer.Pair(
            0,
            "Health",
            report.Health.Reason is { } reason ? $"{report.Health.Word}: {reason}" : report.Health.Word,
            Description.Column,
            ToneOf(report.Health)
        );
        var fresh = report.Freshness;
        writer.Pair(
            0,
            "Freshness",
            fresh.IsLive
                ? "live"
                : $"stale since {JsonTime.Text(fresh.Since)} ({HumanDuration.Age(fresh.Since, now)} "
                    + $"ago){(fresh.Reason is { } why ? $": {why}" : "")}",
            Description.Column,
            fresh.IsLive ? Tone.Good : Tone.Warning
        );
        if (report.Related.Count > 0)
        {
            writer.Head(0, "Related");
            writer.Table(
                1,
                ["Relation", "Kind", "Name", "Health", "Reason"],
                [
                    .. report
                        .Related.Take(MostLines)
                        .Select(other =>
                            new[]
                            {
                                other.Relation,
                                other.Node.Entry.Kind,
                                other.Node.Object.Key.ToString(),
                                other.Health.Word,
                                other.Health.Reason ?? "",
                            }
                        ),
                ],
                row =>
                    row[3] switch
                    {
                        "ok" => Tone.Plain,
                        "warning" => Tone.Warning,
                        _ => Tone.Bad,
                    }
            );
            if (report.Related.Count > MostLines || report.IsTruncated)
            {
                writer.Line(1, $"and more: {report.Related.Count}{(report.IsTruncated ? " or more" : "")} in total", Tone.Muted);
            }
        }

        if (report.Missing.Count > 0)
        {
            writer.List(
                0,
                "Not Shown",
                report.Missing.Select(part => part.IsRight ? $"{part.Resource}: you may not {part.Text}" : $"{part.Resource}: {part.Text}"),
                Description.Column,
                Tone.Muted
            );
        }

        return writer.Items;
    }

    private static Tone ToneOf(NodeHealth health) =>
        health.State switch
        {
            RowHealth.Ok => Tone.Good,
            RowHealth.Warning => Tone.Warning,
            _ => Tone.Bad,
        };
}
