using System.Globalization;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Projections;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Relations;

/// <summary>Why a pod is not well, in a line: <c>CrashLoopBackOff (exit 137 OOMKilled), 14 restarts</c>.</summary>
internal static class PodCause
{
    public static string Of(RawObject pod)
    {
        using var lease = pod.Open();
        var json = new JsonView(lease.Span);
        var summary = PodSummary.Of(json);
        var status = json["status"u8];
        foreach (var condition in status["conditions"u8].Items())
        {
            if (condition["type"u8].TextEquals("PodScheduled"u8) && condition["status"u8].TextEquals("False"u8))
            {
                return $"cannot be scheduled: {condition["message"u8].Text ?? condition["reason"u8].Text ?? "no reason is given"}";
            }
        }

        var why = Ended(status["initContainerStatuses"u8]) ?? Ended(status["containerStatuses"u8]) ?? status["message"u8].Text;
        var word = summary.Status == "Running" ? string.Create(CultureInfo.InvariantCulture, $"not ready ({summary.Ready}/{summary.Containers})") : summary.Status;
        var line = why is null ? word : $"{word} ({why})";
        return summary.Restarts == 0 ? line : string.Create(CultureInfo.InvariantCulture, $"{line}, {summary.Restarts} {(summary.Restarts == 1 ? "restart" : "restarts")}");
    }

    /// <summary>How the first container that is not well ended, or what it waits for.</summary>
    private static string? Ended(JsonView containers)
    {
        foreach (var container in containers.Items())
        {
            if (container["ready"u8].IsTrue)
            {
                continue;
            }

            var now = container["state"u8]["terminated"u8];
            var terminated = now.IsAbsent ? container["lastState"u8]["terminated"u8] : now;
            if (!terminated.IsAbsent && (now.IsAbsent || now["exitCode"u8].Number != 0))
            {
                var reason = terminated["reason"u8].Text;
                return string.Create(CultureInfo.InvariantCulture, $"exit {terminated["exitCode"u8].Number}{(reason is null or "Error" ? "" : " " + reason)}");
            }

            if (container["state"u8]["waiting"u8]["message"u8].Text is { Length: > 0 } message)
            {
                return message;
            }
        }

        return null;
    }
}
