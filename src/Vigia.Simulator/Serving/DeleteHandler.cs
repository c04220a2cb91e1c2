using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Selecting;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>Deletes, of one object and of many.</summary>
internal sealed class DeleteHandler(ObjectStore store, TableMaker tables)
{
    public async Task DeleteAsync(ApiRequest request)
    {
        var options = await ReadOptionsAsync(request);
        var deleted =
            store.Delete(request.Type.Gvr, request.Key, options, request.DryRun)
            ?? throw StatusException.NotFound(request.Type, request.Path.Name!);
        await FollowAsync(request, deleted);
        if (deleted.IsDeleting || request.Type.Gvr == BuiltInTypes.Pods.Gvr)
        {
            await ObjectAnswer.WriteAsync(request, deleted, tables);
        }
        else
        {
            await Answers.JsonAsync(request.Http, Answers.Success(deleted));
        }
    }

    public async Task DeleteCollectionAsync(ApiRequest request)
    {
        var options = await ReadOptionsAsync(request);
        var filter = new ObjectFilter(request.Type, request.Namespace, request.Query("labelSelector"), request.Query("fieldSelector"));
        var snapshot = store.Snapshot(request.Type.Gvr);
        var items = new JsonArray();
        foreach (var item in snapshot.In(request.Namespace).ToArray())
        {
            if (filter.Matches(item) && store.Delete(request.Type.Gvr, item.Key, options, request.DryRun) is { } deleted)
            {
                await FollowAsync(request, deleted);
                items.AddNode(deleted.ToJson());
            }
        }

        await Answers.JsonAsync(
            request.Http,
            new JsonObject
            {
                ["kind"] = request.Type.ListKind,
                ["apiVersion"] = request.Type.ApiVersion,
                ["metadata"] = new JsonObject
                {
                    ["resourceVersion"] = snapshot.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture),
                },
                ["items"] = items,
            }
        );
    }

    /// <summary>A definition that goes takes its type with it.</summary>
    private Task FollowAsync(ApiRequest request, StoredObject deleted)
    {
        if (
            !request.DryRun
            && request.Type.Gvr == BuiltInTypes.CustomResourceDefinitions.Gvr
            && store.Get(request.Type.Gvr, deleted.Key) is null
        )
        {
            foreach (var type in CustomTypes.Read(deleted.ToJson()))
            {
                store.UnregisterVersions(type);
            }
        }

        return Task.CompletedTask;
    }

    private static async Task<DeletionOptions> ReadOptionsAsync(ApiRequest request)
    {
        var body = await request.ReadObjectAsync();
        var preconditions = body?["preconditions"];
        var policy = (string?)body?["propagationPolicy"] ?? request.Query("propagationPolicy");
        if ((bool?)body?["orphanDependents"] == true || request.QueryFlag("orphanDependents"))
        {
            policy = "Orphan";
        }

        if (policy is not (null or "" or "Background" or "Foreground" or "Orphan"))
        {
            throw new StatusException(
                422,
                "Invalid",
                $"DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"{policy}\": supported values: "
                    + $"\"Foreground\", \"Background\", \"Orphan\", \"nil\""
            );
        }

        return new DeletionOptions
        {
            GracePeriodSeconds = (long?)body?["gracePeriodSeconds"] ?? request.QueryNumber("gracePeriodSeconds"),
            PropagationPolicy = string.IsNullOrEmpty(policy) ? "Background" : policy,
            Uid = (string?)preconditions?["uid"],
            ResourceVersion = (string?)preconditions?["resourceVersion"],
        };
    }
}
