using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Objects;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Serving;

namespace Vigia.Simulator;

/// <summary>
/// The cluster's objects for a test: written from JSON or YAML text as kubectl writes them, read, and waited for.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Writes go through the server's own defaults, validation and field ownership, but by no socket:
/// faults do not strike them, and rights do not limit them. Resources are named as kubectl takes them: plural,
/// singular, short name or kind, with <c>.group</c> where that is not clear. A refusal is a
/// <see cref="StatusException"/> with the server's code and words. Thread-safe.
/// </remarks>
public sealed class ClusterObjects
{
    private const string Json = "application/json";
    private readonly ApiServer _server;
    private readonly ObjectStore _store;
    private readonly TimeProvider _time;

    internal ClusterObjects(ApiServer server, ObjectStore store, TimeProvider time) => (_server, _store, _time) = (server, store, time);

    /// <summary>The namespace of objects that name none, and of names without one. Default <c>default</c>.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>The field manager of the writes. Default <c>test</c>.</summary>
    public string Manager { get; set; } = "test";

    /// <summary>How long a wait may take that does not say it itself. Default 10 s.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Creates the objects of a text: a JSON object, or one or more YAML documents. A CustomResourceDefinition among
    /// them is served from then on.
    /// </summary>
    /// <returns>The last stored object.</returns>
    public async Task<JsonObject> CreateAsync(string text, CancellationToken cancellationToken = default) =>
        await EachAsync(text, (type, obj) => SendAsync("POST", type, Of(obj, "namespace"), null, null, obj, cancellationToken));

    /// <summary>Creates a typed object, as of a client's model.</summary>
    public async Task<T> CreateAsync<T>(T obj, JsonTypeInfo<T> json, CancellationToken cancellationToken = default) =>
        (await CreateAsync(JsonSerializer.Serialize(obj, json), cancellationToken)).Deserialize(json)!;

    /// <summary>Creates or changes the objects of a text, by forced server-side apply.</summary>
    /// <returns>The last stored object.</returns>
    public async Task<JsonObject> ApplyAsync(string text, CancellationToken cancellationToken = default) =>
        await EachAsync(
            text,
            (type, obj) =>
                SendAsync(
                    "PATCH",
                    type,
                    Of(obj, "namespace"),
                    Name(obj),
                    null,
                    obj,
                    cancellationToken,
                    "application/apply-patch+yaml",
                    "&force=true"
                )
        );

    /// <summary>Replaces the objects of a text, except their status (for kinds that have one).</summary>
    /// <returns>The last stored object.</returns>
    public async Task<JsonObject> UpdateAsync(string text, CancellationToken cancellationToken = default) =>
        await EachAsync(text, (type, obj) => SendAsync("PUT", type, Of(obj, "namespace"), Name(obj), null, obj, cancellationToken));

    /// <summary>
    /// Changes an object by a JSON merge patch: <c>{"spec":{"replicas":3}}</c>, where null takes a field away.
    /// </summary>
    /// <param name="resource">As kubectl takes it.</param>
    /// <param name="name">The name, or <c>namespace/name</c>.</param>
    /// <param name="patch">JSON or YAML.</param>
    /// <param name="subresource"><c>status</c> to change the status; null for the rest.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<JsonObject> PatchAsync(
        string resource,
        string name,
        string patch,
        string? subresource = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(patch);
        var type = TypeOf(resource);
        var key = Key(type, name);
        return await SendAsync(
            "PATCH",
            type,
            key.Namespace,
            key.Name,
            subresource,
            ObjectText.Read(Encoding.UTF8.GetBytes(patch), yaml: true),
            cancellationToken,
            "application/merge-patch+json"
        );
    }

    /// <summary>Deletes an object; one with finalizers is marked, and stays until they are gone.</summary>
    /// <returns>False if there is none of that name.</returns>
    public async Task<bool> DeleteAsync(string resource, string name, CancellationToken cancellationToken = default)
    {
        var type = TypeOf(resource);
        var key = Key(type, name);
        try
        {
            await SendAsync("DELETE", type, key.Namespace, key.Name, null, null, cancellationToken);
            return true;
        }
        catch (StatusException e) when (e.Code == 404)
        {
            return false;
        }
    }

    /// <summary>One object; null if there is none.</summary>
    /// <param name="resource">As kubectl takes it.</param>
    /// <param name="name">The name, or <c>namespace/name</c>.</param>
    public JsonObject? Get(string resource, string name)
    {
        var type = TypeOf(resource);
        return _store.Get(type.Gvr, Key(type, name))?.ToJson();
    }

    /// <summary>One object as a client's model has it; null if there is none.</summary>
    public T? Get<T>(string resource, string name, JsonTypeInfo<T> json)
        where T : class => Get(resource, name)?.Deserialize(json);

    /// <summary>The objects of a namespace (null: of all), sorted by namespace and name.</summary>
    public IReadOnlyList<JsonObject> List(string resource, string? ns = null) =>
        [.. _store.List(TypeOf(resource).Gvr, ns).Select(o => o.ToJson())];

    /// <summary>
    /// Waits until an object is as it should be. Every state that it passes through is looked at, from the one it is in
    /// now, so that one that lasts a moment only is not missed; nothing is polled.
    /// </summary>
    /// <param name="resource">As kubectl takes it.</param>
    /// <param name="name">The name, or <c>namespace/name</c>.</param>
    /// <param name="until">Whether a state is it; null for any: the object exists.</param>
    /// <param name="within">How long to wait, by the simulator's clock; null for <see cref="Patience"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The state that was waited for.</returns>
    /// <exception cref="TimeoutException">It did not come; the message holds the last state.</exception>
    public async Task<JsonObject> WaitForAsync(
        string resource,
        string name,
        Func<JsonObject, bool>? until = null,
        TimeSpan? within = null,
        CancellationToken cancellationToken = default
    )
    {
        var type = TypeOf(resource);
        return (
            await new StateWait(_store, type, Key(type, name), _time).RunAsync(
                item => item?.ToJson() is { } state && (until is null || until(state)),
                within ?? Patience,
                cancellationToken
            )
        )!.ToJson();
    }

    /// <summary>Waits until an object is gone; returns at once where there is none.</summary>
    /// <exception cref="TimeoutException">It is still there; the message holds its last state.</exception>
    public async Task WaitForGoneAsync(string resource, string name, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var type = TypeOf(resource);
        await new StateWait(_store, type, Key(type, name), _time).RunAsync(item => item is null, within ?? Patience, cancellationToken);
    }

    private async Task<JsonObject> EachAsync(string text, Func<ResourceType, JsonObject, Task<JsonObject>> write)
    {
        ArgumentNullException.ThrowIfNull(text);
        JsonObject? last = null;
        foreach (var obj in ObjectText.ReadAll(text))
        {
            last = await write(TypeOf(obj), obj);
        }

        return last ?? throw StatusException.BadRequest("the text contains no object");
    }

    private async Task<JsonObject> SendAsync(
        string method,
        ResourceType type,
        string ns,
        string? name,
        string? subresource,
        JsonObject? body,
        CancellationToken cancellationToken,
        string contentType = Json,
        string query = ""
    )
    {
        ns = type.Namespaced
            ? ns.Length > 0
                ? ns
                : Namespace
            : "";
        using var answer = new MemoryStream();
        var http = new DefaultHttpContext { RequestAborted = cancellationToken };
        http.Request.Method = method;
        http.Request.Path = new PathString(Uri.UnescapeDataString(type.Gvr.Path(ns, name, subresource)));
        http.Request.QueryString = new QueryString($"?fieldManager={Uri.EscapeDataString(Manager)}{query}");
        http.Request.ContentType = contentType;
        http.Request.Body = new MemoryStream(body is null ? [] : Answers.Bytes(body));
        http.Response.Body = answer;
        await _server.ServeInsideAsync(http);
        await http.Response.BodyWriter.FlushAsync(cancellationToken);
        return JsonNode.Parse(answer.GetBuffer().AsSpan(0, (int)answer.Length))!.AsObject();
    }

    private ResourceType TypeOf(JsonObject obj)
    {
        var (version, kind) = ((string?)obj["apiVersion"] ?? "", (string?)obj["kind"] ?? "");
        return _store.Types.FirstOrDefault(t => t.Kind == kind && t.ApiVersion == version)
            ?? throw StatusException.BadRequest(
                $"no matches for kind \"{kind}\" in version \"{version}\": the simulator does not serve it; apply its "
                    + "CustomResourceDefinition first"
            );
    }

    private ResourceType TypeOf(string resource)
    {
        ArgumentException.ThrowIfNullOrEmpty(resource);
        var dot = resource.IndexOf('.', StringComparison.Ordinal);
        var (name, group) = dot < 0 ? (resource, null) : (resource[..dot], resource[(dot + 1)..]);
        return _store.Types.FirstOrDefault(t =>
                (group is null || t.Group == group) && Names(t).Contains(name, StringComparer.OrdinalIgnoreCase)
            )
            ?? throw StatusException.BadRequest(
                $"the server doesn't have a resource type \"{resource}\": use a name that kubectl accepts (pods, po, "
                    + "deployments.apps); for a custom resource, apply its CustomResourceDefinition first"
            );
    }

    private static IEnumerable<string> Names(ResourceType type) =>
        type.ShortNames.Append(type.Plural).Append(type.Singular).Append(type.Kind);

    private ObjectKey Key(ResourceType type, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return !type.Namespaced ? new("", name)
            : slash < 0 ? new(Namespace, name)
            : new(name[..slash], name[(slash + 1)..]);
    }

    private static string Name(JsonObject obj) =>
        Of(obj, "name") is { Length: > 0 } name
            ? name
            : throw StatusException.BadRequest($"the {(string?)obj["kind"]} has no metadata.name");

    private static string Of(JsonObject obj, string field) => (string?)obj["metadata"]?[field] ?? "";
}
