using System.Globalization;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>
/// A pod's STATUS, READY and RESTARTS, as kubectl prints them (kubernetes
/// <c>pkg/printers/internalversion/printers.go</c>, printPod).
/// </summary>
internal sealed class PodSummary
{
    public required string Status { get; init; }

    public required long Ready { get; init; }

    public required long Containers { get; init; }

    public required long Restarts { get; init; }

    public required DateTimeOffset? LastRestart { get; init; }

    public static PodSummary Of(JsonView pod)
    {
        var spec = pod["spec"u8];
        var status = pod["status"u8];
        var conditions = status["conditions"u8];
        var reason = status["reason"u8].Text is { Length: > 0 } said ? said : status["phase"u8].Text ?? "";

        // 1. A gate that keeps the scheduler away.
        foreach (var condition in conditions.Items())
        {
            if (condition["type"u8].TextEquals("PodScheduled"u8) && condition["reason"u8].TextEquals("SchedulingGated"u8))
            {
                reason = "SchedulingGated";
            }
        }

        // 2. Init containers, up to the first that is not done.
        long restarts = 0,
            sidecarRestarts = 0,
            ready = 0;
        DateTimeOffset? lastRestart = null,
            lastSidecarRestart = null;
        var containers = spec["containers"u8].Count;
        var (sidecars, initCount) = CountInit(spec["initContainers"u8]);
        var initializing = false;
        var index = 0;
        foreach (var container in status["initContainerStatuses"u8].Items())
        {
            var isSidecar = IsSidecar(spec["initContainers"u8], container["name"u8].Text);
            restarts += container["restartCount"u8].Number;
            lastRestart = Later(lastRestart, LastTermination(container));
            if (isSidecar)
            {
                sidecarRestarts += container["restartCount"u8].Number;
                lastSidecarRestart = Later(lastSidecarRestart, LastTermination(container));
            }

            var terminated = container["state"u8]["terminated"u8];
            var waiting = container["state"u8]["waiting"u8];
            if (!terminated.IsAbsent && terminated["exitCode"u8].Number == 0)
            {
                index++;
                continue;
            }

            if (isSidecar && container["started"u8].IsTrue)
            {
                ready += container["ready"u8].IsTrue ? 1 : 0;
                index++;
                continue;
            }

            if (!terminated.IsAbsent)
            {
                reason = "Init:" + Termination(terminated);
            }
            else if (waiting["reason"u8].Text is { Length: > 0 } why && why != "PodInitializing")
            {
                reason = "Init:" + why;
            }
            else
            {
                reason = string.Create(CultureInfo.InvariantCulture, $"Init:{index}/{initCount}");
            }

            initializing = true;
            break;
        }

        // 3. The containers, from the last to the first, so that the first has the last word.
        if (!initializing || IsTrue(conditions, "Initialized"u8))
        {
            restarts = sidecarRestarts;
            lastRestart = lastSidecarRestart;
            var hasRunning = false;
            string? found = null;
            foreach (var container in status["containerStatuses"u8].Items())
            {
                restarts += container["restartCount"u8].Number;
                lastRestart = Later(lastRestart, LastTermination(container));
                var terminated = container["state"u8]["terminated"u8];
                var waiting = container["state"u8]["waiting"u8];
                if (waiting["reason"u8].Text is { Length: > 0 } why)
                {
                    found ??= why;
                }
                else if (!terminated.IsAbsent)
                {
                    found ??= Termination(terminated);
                }
                else if (container["ready"u8].IsTrue && !container["state"u8]["running"u8].IsAbsent)
                {
                    hasRunning = true;
                    ready++;
                }
            }

            reason = found ?? reason;
            if (reason == "Completed" && hasRunning)
            {
                reason = IsTrue(conditions, "Ready"u8) ? "Running" : "NotReady";
            }
        }

        // 4. On its way out. A pod that has finished is not terminating.
        if (!pod["metadata"u8]["deletionTimestamp"u8].IsAbsent)
        {
            if (status["reason"u8].TextEquals("NodeLost"u8))
            {
                reason = "Unknown";
            }
            else if (!status["phase"u8].TextEquals("Succeeded"u8) && !status["phase"u8].TextEquals("Failed"u8))
            {
                reason = "Terminating";
            }
        }

        return new()
        {
            Status = reason,
            Ready = ready,
            Containers = containers + sidecars,
            Restarts = restarts,
            LastRestart = lastRestart,
        };
    }

    private static string Termination(JsonView terminated)
    {
        if (terminated["reason"u8].Text is { Length: > 0 } reason)
        {
            return reason;
        }

        var signal = terminated["signal"u8].Number;
        return signal != 0
            ? string.Create(CultureInfo.InvariantCulture, $"Signal:{signal}")
            : string.Create(CultureInfo.InvariantCulture, $"ExitCode:{terminated["exitCode"u8].Number}");
    }

    private static bool IsTrue(JsonView conditions, ReadOnlySpan<byte> type)
    {
        foreach (var condition in conditions.Items())
        {
            if (condition["type"u8].TextEquals(type))
            {
                return condition["status"u8].TextEquals("True"u8);
            }
        }

        return false;
    }

    private static (long Sidecars, long All) CountInit(JsonView initContainers)
    {
        var (sidecars, all) = (0L, 0L);
        foreach (var container in initContainers.Items())
        {
            all++;
            sidecars += container["restartPolicy"u8].TextEquals("Always"u8) ? 1 : 0;
        }

        return (sidecars, all);
    }

    private static bool IsSidecar(JsonView initContainers, string? name)
    {
        foreach (var container in initContainers.Items())
        {
            if (container["restartPolicy"u8].TextEquals("Always"u8) && container["name"u8].Text == name)
            {
                return true;
            }
        }

        return false;
    }

    private static DateTimeOffset? LastTermination(JsonView container) => container["lastState"u8]["terminated"u8]["finishedAt"u8].Time;

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right > left ? right ?? left : left;
}
