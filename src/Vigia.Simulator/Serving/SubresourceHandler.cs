using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Patching;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>
/// The subresources that are objects of their own: scale, binding; and the dispatch to those that are not: logs,
/// commands, evictions. Status is served as a form of the object itself.
/// </summary>
internal sealed class SubresourceHandler
{
    private readonly ObjectStore _store;
    private readonly WriteHandler _writes;
    private readonly LogHandler _logs;
    private readonly ExecHandler _commands;
    private readonly EvictionHandler _evictions;
    private readonly TableMaker _tables;

    public SubresourceHandler(ObjectStore store, WriteHandler writes, TableMaker tables, TimeProvider time)
    {
        (_store, _writes, _tables) = (store, writes, tables);
        _logs = new LogHandler(_store, time);
        _evictions = new EvictionHandler(_store);
        _commands = new ExecHandler(_store, _logs, time);
    }

    public async Task HandleAsync(ApiRequest request)
    {
        switch (request.Path.Subresource)
        {
            case "scale" when request.Type.HasScale:
                await ScaleAsync(request);
                break;
            case "eviction" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb == "create":
                await _evictions.HandleAsync(request, Require(request));
                break;
            case "ephemeralcontainers" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb == "get":
                await ObjectAnswer.WriteAsync(request, Require(request), _tables);
                break;
            case "ephemeralcontainers" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb == "update":
                await _writes.UpdateAsync(request);
                break;
            case "ephemeralcontainers" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb == "patch":
                await _writes.PatchAsync(request);
                break;
            case "binding" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb == "create":
                await BindAsync(request);
                break;
            case "finalize" when request.Type.Gvr == BuiltInTypes.Namespaces.Gvr && request.Verb == "update":
                await _writes.UpdateAsync(request);
                break;
            case "log" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb == "get":
                await _logs.HandleAsync(request, Require(request));
                break;
            case "exec" or "attach" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb is "get" or "create":
                await _commands.HandleAsync(request, Require(request));
                break;
            case "portforward" when request.Type.Gvr == BuiltInTypes.Pods.Gvr && request.Verb is "get" or "create":
                await PortForwardHandler.HandleAsync(request, Require(request));
                break;
            default:
                throw StatusException.NoSuchPath();
        }
    }

    private async Task ScaleAsync(ApiRequest request)
    {
        var paths = request.Type.Scale!;
        var item = Require(request);
        if (request.Verb != "get")
        {
            var body =
                request.Verb == "patch" || request.Verb == "update" ? await request.ReadBytesAsync() : throw StatusException.NotAllowed();
            var scale = Scale(item, paths);
            var wanted =
                request.Verb == "update" ? ApiRequest.ParseBody(body, request.Http.Request.ContentType)
                : (request.Http.Request.ContentType ?? "").StartsWith("application/json-patch", StringComparison.Ordinal)
                    ? JsonPatch.Apply(
                        scale,
                        JsonNode.Parse(body) as JsonArray ?? throw StatusException.BadRequest("a JSON patch is a list of operations")
                    )
                : MergePatch.Apply(scale, ApiRequest.ParseObject(body, yaml: true));
            var replicas = (long?)wanted["spec"]?["replicas"] ?? 0;
            if (replicas < 0)
            {
                throw StatusException.Invalid(
                    request.Type,
                    item.Key.Name,
                    StatusCause.Wrong(
                        "spec.replicas",
                        replicas.ToString(CultureInfo.InvariantCulture),
                        "must be greater than or equal to 0"
                    )
                );
            }

            var given = (string?)wanted["metadata"]?["resourceVersion"];
            item = _writes.Replace(
                request,
                current =>
                {
                    JsonPaths.Set(current, paths.Spec, replicas);
                    if (given is { Length: > 0 })
                    {
                        current["metadata"]!["resourceVersion"] = given;
                    }

                    return current;
                }
            );
        }

        await Answers.JsonAsync(request.Http, Scale(item, paths));
    }

    private static JsonObject Scale(StoredObject item, ScalePaths paths)
    {
        var obj = item.ToJson();
        var status = new JsonObject { ["replicas"] = (long?)JsonPaths.Find(obj, paths.Status) ?? 0 };
        if (paths.Selector is { } path && JsonPaths.Find(obj, path) is { } selector)
        {
            status["selector"] = selector is JsonObject labels
                ? string.Join(
                    ',',
                    (labels["matchLabels"] as JsonObject ?? (labels.ContainsKey("matchExpressions") ? [] : labels)).Select(p =>
                        $"{p.Key}={p.Value}"
                    )
                )
                : selector.DeepClone();
        }

        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = item.Key.Name,
                ["namespace"] = item.Key.Namespace,
                ["uid"] = item.Uid,
                ["resourceVersion"] = item.Revision.ToString(CultureInfo.InvariantCulture),
                ["creationTimestamp"] = obj["metadata"]?["creationTimestamp"]?.DeepClone(),
            },
            ["spec"] = new JsonObject { ["replicas"] = (long?)JsonPaths.Find(obj, paths.Spec) ?? 0 },
            ["status"] = status,
        };
    }

    private async Task BindAsync(ApiRequest request)
    {
        var item = Require(request);
        var body = await request.ReadObjectAsync();
        var node = (string?)body?["target"]?["name"] ?? throw StatusException.BadRequest("target.name: Required value");
        if (item.Field("spec.nodeName") is { Length: > 0 } there)
        {
            throw StatusException.Conflict(request.Type, item.Key.Name, $"pod {item.Key.Name} is already assigned to node \"{there}\"");
        }

        _store.Mutate(request.Type.Gvr, item.Key, pod => ((JsonObject)pod["spec"]!)["nodeName"] = node, request.Manager);
        await Answers.JsonAsync(
            request.Http,
            new JsonObject
            {
                ["kind"] = "Status",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject(),
                ["status"] = "Success",
                ["code"] = 201,
            },
            201
        );
    }

    private StoredObject Require(ApiRequest request) =>
        _store.Get(request.Type.Gvr, request.Key) ?? throw StatusException.NotFound(request.Type, request.Path.Name!);
}
