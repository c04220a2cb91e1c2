using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Patching;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Tables;
using Vigia.Simulator.Validation;

namespace Vigia.Simulator.Serving;

/// <summary>Create, update and the four patches.</summary>
internal sealed class WriteHandler(ObjectStore store, TimeProvider time, TableMaker tables)
{
    public async Task CreateAsync(ApiRequest request)
    {
        var obj = await request.ReadObjectAsync() ?? throw StatusException.BadRequest("an object is needed to create one");
        var stored = Create(request, obj, request.Manager, managedFields: false);
        await ObjectAnswer.WriteAsync(request, stored, tables, 201);
    }

    public async Task UpdateAsync(ApiRequest request)
    {
        var obj = await request.ReadObjectAsync() ?? throw StatusException.BadRequest("an object is needed to update one");
        Fit(request, obj);
        await ObjectAnswer.WriteAsync(request, Replace(request, _ => obj), tables);
    }

    public async Task PatchAsync(ApiRequest request)
    {
        var contentType = (request.Http.Request.ContentType ?? "").Split(';')[0].Trim();
        var bytes = await request.ReadBytesAsync();
        StoredObject stored;
        var code = 200;
        switch (contentType)
        {
            case "application/json-patch+json":
                var steps = JsonNode.Parse(bytes) as JsonArray ?? throw StatusException.BadRequest("a JSON patch is a list of operations");
                stored = Replace(request, current => Stored(request, JsonPatch.Apply(Served(request, current), steps)));
                break;
            case "application/merge-patch+json":
                var merge = ApiRequest.ParseObject(bytes, yaml: false);
                stored = Replace(request, current => Stored(request, MergePatch.Apply(Served(request, current), merge)));
                break;
            case "application/strategic-merge-patch+json" when !request.Type.IsCustom:
                var strategic = ApiRequest.ParseObject(bytes, yaml: false);
                stored = Replace(request, current => Stored(request, StrategicMergePatch.Apply(Served(request, current), strategic)));
                break;
            case "application/apply-patch+yaml":
                (stored, code) = ApplyConfiguration(request, ApiRequest.ParseObject(bytes, yaml: true));
                break;
            default:
                throw new StatusException(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                        + "application/merge-patch+json, application/apply-patch+yaml"
                        + (request.Type.IsCustom ? "" : ", application/strategic-merge-patch+json")
                );
        }

        await ObjectAnswer.WriteAsync(request, stored, tables, code);
    }

    /// <summary>
    /// Replaces an object by what <paramref name="change"/> makes of it, with all that a write through the API entails.
    /// </summary>
    internal StoredObject Replace(ApiRequest request, Func<JsonObject, JsonObject> change, bool ownsManagedFields = false)
    {
        var type = request.Type;
        var status = request.Path.Subresource == "status";
        var stored =
            store.Transform(
                type.Gvr,
                request.Key,
                current =>
                {
                    var was = current.DeepClone().AsObject();
                    var next = change(current);
                    if (type.HasStatus && !status)
                    {
                        next.Remove("status");
                        if (was["status"] is { } kept)
                        {
                            next["status"] = kept.DeepClone();
                        }
                    }

                    FieldTypes.Check(type, next);
                    if (request.Path.Subresource == "ephemeralcontainers")
                    {
                        return EphemeralContainers.Take(type, was, next);
                    }

                    if (!status)
                    {
                        Defaults.Apply(type, next);
                        ObjectRules.CheckUpdate(type, was, next);
                    }

                    return next;
                },
                request.Manager,
                request.Path.Subresource,
                request.DryRun,
                ownsManagedFields
            ) ?? throw StatusException.NotFound(type, request.Path.Name!);
        Follow(request, stored);
        return stored;
    }

    private static JsonObject Served(ApiRequest request, JsonObject obj) => request.Alias?.Serve(obj) ?? obj;

    private static JsonObject Stored(ApiRequest request, JsonObject obj) => request.Alias?.Store(obj) ?? obj;

    private StoredObject Create(ApiRequest request, JsonObject obj, string manager, bool managedFields)
    {
        var type = request.Type;
        Fit(request, obj);
        if (type.HasStatus)
        {
            obj.Remove("status");
        }

        if (!managedFields)
        {
            (obj["metadata"] as JsonObject)?.Remove("managedFields");
        }

        FieldTypes.Check(type, obj);
        Defaults.Apply(type, obj);
        Defaults.ApplyNew(type, obj, store);
        ObjectRules.CheckNew(type, obj);
        if (type.Gvr == BuiltInTypes.CustomResourceDefinitions.Gvr)
        {
            obj["status"] = CustomResourceStatus(obj);
        }

        var stored = store.Create(type.Gvr, obj, manager, request.DryRun);
        Follow(request, stored);
        return stored;
    }

    private (StoredObject Stored, int Code) ApplyConfiguration(ApiRequest request, JsonObject configuration)
    {
        if (request.Query("fieldManager") is not { Length: > 0 } manager)
        {
            throw new StatusException(
                422,
                "Invalid",
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
            )
            {
                Group = "meta.k8s.io",
                Kind = "PatchOptions",
                Causes = [StatusCause.Required("fieldManager", "is required for apply patch")],
            };
        }

        Fit(request, configuration);
        if (configuration["metadata"]?["managedFields"] is JsonArray { Count: > 0 })
        {
            throw StatusException.BadRequest("metadata.managedFields must be nil");
        }

        var now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (store.Get(request.Type.Gvr, request.Key) is null && request.Path.Subresource is null)
        {
            // A uid in the request refers to an existing object (apiserver: patch.go, "uid mismatch").
            if ((string?)configuration["metadata"]?["uid"] is { Length: > 0 } uid)
            {
                throw StatusException.Conflict(
                    request.Type,
                    request.Path.Name!,
                    $"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                );
            }

            var fresh = configuration.DeepClone().AsObject();
            fresh["metadata"]!.AsObject().Remove("resourceVersion");
            var made = ServerSideApply.Apply(request.Type, fresh, configuration, manager, null, force: true, now);
            return (Create(request, made, manager, managedFields: true), 201);
        }

        return (
            Replace(
                request,
                current =>
                    ServerSideApply.Apply(
                        request.Type,
                        current,
                        configuration,
                        manager,
                        request.Path.Subresource,
                        request.QueryFlag("force"),
                        now
                    ),
                ownsManagedFields: true
            ),
            200
        );
    }

    /// <summary>A written definition adds its types.</summary>
    private void Follow(ApiRequest request, StoredObject stored)
    {
        if (request.DryRun || request.Type.Gvr != BuiltInTypes.CustomResourceDefinitions.Gvr || request.Path.Subresource is not null)
        {
            return;
        }

        store.RegisterVersions([.. CustomTypes.Read(stored.ToJson())]);
    }

    private JsonObject CustomResourceStatus(JsonObject definition)
    {
        var now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        JsonObject Condition(string type, string reason, string message) =>
            new()
            {
                ["type"] = type,
                ["status"] = "True",
                ["lastTransitionTime"] = now,
                ["reason"] = reason,
                ["message"] = message,
            };

        var versions = (definition["spec"]?["versions"] as JsonArray ?? [])
            .Where(v => (bool?)v?["storage"] == true)
            .Select(v => v?["name"]?.DeepClone());
        return new JsonObject
        {
            ["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted")
            ),
            ["acceptedNames"] = definition["spec"]?["names"]?.DeepClone(),
            ["storedVersions"] = new JsonArray([.. versions]),
        };
    }

    /// <summary>The body must have the path's kind, name and namespace; missing ones are filled in.</summary>
    private static void Fit(ApiRequest request, JsonObject obj)
    {
        var type = request.Type;
        if (request.Alias is { } alias && (string?)obj["apiVersion"] != type.ApiVersion)
        {
            var converted = alias.Store(obj.DeepClone().AsObject());
            obj.Clear();
            foreach (var (key, value) in converted.ToList())
            {
                obj[key] = value?.DeepClone();
            }
        }

        var (kind, version) = ((string?)obj["kind"] ?? "", (string?)obj["apiVersion"] ?? "");
        if ((kind.Length > 0 && kind != type.Kind) || (version.Length > 0 && version != type.ApiVersion))
        {
            throw StatusException.BadRequest(
                $"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: the object is "
                    + $"{(kind.Length == 0 ? "of no kind" : kind)} in {version}"
            );
        }

        if (obj["metadata"] is not JsonObject metadata)
        {
            obj["metadata"] = metadata = [];
        }

        var name = (string?)metadata["name"] ?? "";
        if (request.Path.Name is { } expected)
        {
            if (name.Length > 0 && name != expected)
            {
                throw StatusException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({expected})");
            }

            metadata["name"] = expected;
        }

        if (!type.Namespaced)
        {
            return;
        }

        var ns = (string?)metadata["namespace"] ?? "";
        if (ns.Length > 0 && request.Path.Namespace is { } there && ns != there)
        {
            throw StatusException.BadRequest($"the namespace of the provided object does not match the namespace sent on the request");
        }

        metadata["namespace"] =
            request.Path.Namespace ?? throw StatusException.BadRequest("an empty namespace may not be set during creation");
    }
}
