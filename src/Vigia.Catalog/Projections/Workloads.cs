using System.Globalization;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>
/// Columns of deployments, sets and jobs (kubernetes printers.go: printDeployment, printJob, printCronJob …).
/// </summary>
internal static class Workloads
{
    /// <summary>The pod template's spec, wherever the kind has it.</summary>
    public static JsonView Template(JsonView workload)
    {
        var spec = workload["spec"u8];
        var job = spec["jobTemplate"u8];
        return job.IsAbsent ? spec["template"u8]["spec"u8] : job["spec"u8]["template"u8]["spec"u8];
    }

    /// <summary><c>ready/desired</c>; replicas left out mean 1.</summary>
    public static string Ready(JsonView workload)
    {
        var replicas = workload["spec"u8]["replicas"u8];
        return Texts.Shared(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{workload["status"u8]["readyReplicas"u8].Number}/{(replicas.IsAbsent ? 1 : replicas.Number)}"
            )
        );
    }

    public static string ReadinessGates(JsonView pod)
    {
        var (all, ready) = (0, 0);
        foreach (var gate in pod["spec"u8]["readinessGates"u8].Items())
        {
            all++;
            var type = gate["conditionType"u8].Text;
            foreach (var condition in pod["status"u8]["conditions"u8].Items())
            {
                ready += condition["type"u8].Text == type && condition["status"u8].TextEquals("True"u8) ? 1 : 0;
            }
        }

        return all == 0 ? Texts.None : string.Create(CultureInfo.InvariantCulture, $"{ready}/{all}");
    }

    public static string JobStatus(JsonView job)
    {
        var conditions = job["status"u8]["conditions"u8];
        return Has(conditions, "Complete"u8) ? "Complete"
            : Has(conditions, "Failed"u8) ? "Failed"
            : !job["metadata"u8]["deletionTimestamp"u8].IsAbsent ? "Terminating"
            : Has(conditions, "Suspended"u8) ? "Suspended"
            : Has(conditions, "FailureTarget"u8) ? "FailureTarget"
            : Has(conditions, "SuccessCriteriaMet"u8) ? "SuccessCriteriaMet"
            : "Running";
    }

    public static string JobCompletions(JsonView job)
    {
        var succeeded = job["status"u8]["succeeded"u8].Number;
        var completions = job["spec"u8]["completions"u8];
        var parallelism = job["spec"u8]["parallelism"u8].Number;
        return !completions.IsAbsent ? string.Create(CultureInfo.InvariantCulture, $"{succeeded}/{completions.Number}")
            : parallelism > 1 ? string.Create(CultureInfo.InvariantCulture, $"{succeeded}/1 of {parallelism}")
            : string.Create(CultureInfo.InvariantCulture, $"{succeeded}/1");
    }

    /// <summary>When the job completed; the duration of a failed job keeps growing, as in kubectl.</summary>
    public static DateTimeOffset? JobEnd(JsonView job) => job["status"u8]["completionTime"u8].Time;

    public static bool Has(JsonView conditions, ReadOnlySpan<byte> type)
    {
        foreach (var condition in conditions.Items())
        {
            if (condition["type"u8].TextEquals(type) && condition["status"u8].TextEquals("True"u8))
            {
                return true;
            }
        }

        return false;
    }
}
