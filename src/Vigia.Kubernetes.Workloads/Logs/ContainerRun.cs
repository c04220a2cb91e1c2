using System.Globalization;
using System.Text.Json;
using static Vigia.Kubernetes.Transport.Answer;

namespace Vigia.Kubernetes.Workloads.Logs;

/// <summary>The state of a container, from its pod's status.</summary>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Name">The container; null for a pod without containers.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="Started">True while it runs or has ended: there is a log of this run.</param>
/// <param name="Waiting">Why it does not run yet; null if it does or did.</param>
/// <param name="Terminated">How it ended; null if it has not.</param>
/// <param name="Over">True if it will not be started again.</param>
internal sealed record ContainerRun(string Uid, string? Name, int Restarts, bool Started, string? Waiting, string? Terminated, bool Over)
{
    private static readonly string[] Parts = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

    public static ContainerRun Of(JsonElement pod, string? container)
    {
        var metadata = pod.GetProperty("metadata");
        var uid = metadata.TryGetProperty("uid", out var id) ? id.GetString() ?? "" : "";
        var status = pod.TryGetProperty("status", out var s) ? s : default;
        var phase = Text(status, "phase");
        var policy = pod.TryGetProperty("spec", out var spec) ? Text(spec, "restartPolicy") : "";
        var deleting = metadata.TryGetProperty("deletionTimestamp", out _);
        foreach (var part in Parts)
        {
            if (
                status.ValueKind == JsonValueKind.Object
                && status.TryGetProperty(part, out var list)
                && list.ValueKind == JsonValueKind.Array
            )
            {
                foreach (var one in list.EnumerateArray().Where(one => Text(one, "name") == container))
                {
                    return Of(uid, container, one, part == "containerStatuses", phase, policy, deleting);
                }
            }
        }

        return new(
            uid,
            container,
            0,
            false,
            phase is "Succeeded" or "Failed" ? null : "ContainerCreating",
            phase is "Succeeded" or "Failed" ? phase : null,
            phase is "Succeeded" or "Failed"
        );
    }

    private static ContainerRun Of(string uid, string? name, JsonElement status, bool main, string phase, string policy, bool deleting)
    {
        var restarts = status.TryGetProperty("restartCount", out var count) && count.TryGetInt32(out var number) ? number : 0;
        var state = status.TryGetProperty("state", out var s) && s.ValueKind == JsonValueKind.Object ? s : default;
        if (state.ValueKind == JsonValueKind.Object && state.TryGetProperty("running", out _))
        {
            return new(uid, name, restarts, true, null, null, false);
        }

        if (state.ValueKind == JsonValueKind.Object && state.TryGetProperty("terminated", out var ended))
        {
            var code = ended.TryGetProperty("exitCode", out var exit) && exit.TryGetInt32(out var value) ? value : 0;
            var over = !main || deleting || phase is "Succeeded" or "Failed" || policy == "Never" || (policy == "OnFailure" && code == 0);
            return new(
                uid,
                name,
                restarts,
                true,
                null,
                string.Create(CultureInfo.InvariantCulture, $"{Text(ended, "reason")} (exit code {code})"),
                over
            );
        }

        var reason =
            state.ValueKind == JsonValueKind.Object && state.TryGetProperty("waiting", out var waiting) ? Text(waiting, "reason") : "";
        return new(uid, name, restarts, false, reason.Length > 0 ? reason : "ContainerCreating", null, false);
    }
}
