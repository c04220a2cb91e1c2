using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Subresources.Streams;

/// <summary>
/// One run of a container, from its start to its end: the source of a log, and the place of a command.
/// </summary>
/// <param name="Pod">The pod when the run was looked up.</param>
/// <param name="Container">The container's name.</param>
/// <param name="Number">The number of restarts before this run.</param>
/// <param name="StartedAt">To the second, as a pod's status has it.</param>
/// <param name="FinishedAt">To the second; null while it runs.</param>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Reason">As <c>Completed</c>, <c>Error</c>, <c>OOMKilled</c>; empty while it runs.</param>
internal sealed record ContainerInstance(
    JsonObject Pod,
    string Container,
    int Number,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    int ExitCode,
    string Reason
)
{
    private static readonly string[] StatusParts = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

    public string PodName => Json.Text(Pod["metadata"]?["name"]);

    public string Namespace => Json.Text(Pod["metadata"]?["namespace"]);

    public string Uid => Json.Text(Pod["metadata"]?["uid"]);

    /// <summary>The container's part of the pod's spec.</summary>
    public JsonObject Spec => Containers(Pod).First(c => Json.Text(c["name"]) == Container);

    /// <summary>True for the same run, whatever became of it meanwhile.</summary>
    public bool IsSameRun(ContainerInstance other) => other.Uid == Uid && other.Container == Container && other.Number == Number;

    /// <summary>All containers of a pod: main, init and ephemeral ones.</summary>
    public static IEnumerable<JsonObject> Containers(JsonObject pod) =>
        List(pod, "containers").Concat(List(pod, "initContainers")).Concat(List(pod, "ephemeralContainers"));

    /// <summary>The container that a request means: the one it names, else the only one.</summary>
    /// <exception cref="StatusException">
    /// 400: there is none of that name, or there are several and none was named.
    /// </exception>
    public static string Choose(StoredObject item, JsonObject pod, string? asked)
    {
        if (!string.IsNullOrEmpty(asked))
        {
            return Containers(pod).Any(c => Json.Text(c["name"]) == asked)
                ? asked
                : throw StatusException.BadRequest($"container {asked} is not valid for pod {item.Key.Name}");
        }

        var names = List(pod, "containers").Select(c => Json.Text(c["name"])).ToList();
        var first = List(pod, "initContainers").Select(c => Json.Text(c["name"])).ToList();
        var orFirst = first.Count == 0 ? "" : $" or one of the init containers: [{string.Join(' ', first)}]";
        return names.Count == 1
            ? names[0]
            : throw StatusException.BadRequest(
                $"a container name must be specified for pod {item.Key.Name}, choose one of: [{string.Join(' ', names)}]{orFirst}"
            );
    }

    /// <summary>The current run of a container, or the one before.</summary>
    /// <exception cref="StatusException">400: the run does not exist (yet).</exception>
    public static ContainerInstance Find(StoredObject item, JsonObject pod, string container, bool previous)
    {
        if (Json.Text(pod["spec"]?["nodeName"]).Length == 0)
        {
            throw StatusException.BadRequest($"pod {item.Key.Name} does not have a host assigned");
        }

        var status = Statuses(pod).FirstOrDefault(s => Json.Text(s["name"]) == container);
        var restarts = Json.Int(status?["restartCount"]);
        if (previous)
        {
            return status?["lastState"]?["terminated"] is JsonObject last
                ? Ended(pod, container, status["state"]?["running"] is null ? restarts : restarts - 1, last)
                : throw StatusException.BadRequest($"previous terminated container \"{container}\" in pod \"{item.Key.Name}\" not found");
        }

        var state = status?["state"];
        if (state?["running"] is JsonObject running)
        {
            return new ContainerInstance(pod, container, restarts, At(running["startedAt"]), null, 0, "");
        }

        if (state?["terminated"] is JsonObject ended)
        {
            return Ended(pod, container, restarts, ended);
        }

        // A container that waits to be started again still has the log of its last run.
        if (status?["lastState"]?["terminated"] is JsonObject before)
        {
            return Ended(pod, container, restarts, before);
        }

        var reason = Json.Text(state?["waiting"]?["reason"]);
        throw StatusException.BadRequest(
            $"container \"{container}\" in pod \"{item.Key.Name}\" is waiting to start: "
                + $"{(reason.Length == 0 ? "ContainerCreating" : reason)}"
        );
    }

    private static ContainerInstance Ended(JsonObject pod, string container, int number, JsonObject terminated) =>
        new(
            pod,
            container,
            Math.Max(0, number),
            At(terminated["startedAt"]),
            At(terminated["finishedAt"]),
            Json.Int(terminated["exitCode"]),
            Json.Text(terminated["reason"])
        );

    private static IEnumerable<JsonObject> Statuses(JsonObject pod) =>
        StatusParts.SelectMany(part => (pod["status"]?[part] as JsonArray ?? []).OfType<JsonObject>());

    private static IEnumerable<JsonObject> List(JsonObject pod, string part) =>
        (pod["spec"]?[part] as JsonArray ?? []).OfType<JsonObject>();

    private static DateTimeOffset At(JsonNode? node) =>
        DateTimeOffset.TryParse(Json.Text(node), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : DateTimeOffset.UnixEpoch;
}
