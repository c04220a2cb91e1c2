using System.Globalization;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Projections;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Relations;

/// <summary>Why a pod is not well, in a line: <c>CrashLoopBackOff (exit 137 OOMKilled), 14 restarts</c>.</summary>
/// <param name="Line">The line; the container is named where the pod has several.</param>
/// <param name="IsKnown">
/// True if something went wrong that has a name; false if the pod is merely not there yet.
/// </param>
internal readonly record struct PodCause(string Line, bool IsKnown)
{
    public static PodCause Of(RawObject pod)
    {
        using var lease = pod.Open();
        var json = new JsonView(lease.Span);
        var summary = PodSummary.Of(json);
        var status = json["status"u8];
        foreach (var condition in status["conditions"u8].Items())
        {
            if (condition["type"u8].TextEquals("PodScheduled"u8) && condition["status"u8].TextEquals("False"u8))
            {
                return new($"cannot be scheduled: {condition["message"u8].Text ?? condition["reason"u8].Text ?? "no reason given"}", true);
            }
        }

        var isNamed = json["spec"u8]["containers"u8].Count + json["spec"u8]["initContainers"u8].Count > 1;
        var why =
            Ended(status["initContainerStatuses"u8], isNamed) ?? Ended(status["containerStatuses"u8], isNamed) ?? status["message"u8].Text;
        var word =
            summary.Status == "Running"
                ? string.Create(CultureInfo.InvariantCulture, $"not ready ({summary.Ready}/{summary.Containers})")
                : summary.Status;
        var line = why is null ? word : $"{word} ({why})";
        return new(
            summary.Restarts == 0
                ? line
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{line}, {summary.Restarts} {(summary.Restarts == 1 ? "restart" : "restarts")}"
                ),
            why is not null
        );
    }

    /// <summary>How the first unhealthy container ended, or why it waits.</summary>
    private static string? Ended(JsonView containers, bool isNamed)
    {
        foreach (var container in containers.Items())
        {
            if (container["ready"u8].IsTrue)
            {
                continue;
            }

            var name = isNamed ? container["name"u8].Text + ": " : "";
            var now = container["state"u8]["terminated"u8];
            var terminated = now.IsAbsent ? container["lastState"u8]["terminated"u8] : now;
            if (!terminated.IsAbsent && (now.IsAbsent || now["exitCode"u8].Number != 0))
            {
                var reason = terminated["reason"u8].Text;
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}exit {terminated["exitCode"u8].Number}{(reason is null or "Error" ? "" : " " + reason)}"
                );
            }

            if (container["state"u8]["waiting"u8]["message"u8].Text is { Length: > 0 } message)
            {
                return name + message;
            }
        }

        return null;
    }
}
