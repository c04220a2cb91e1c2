using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Cluster;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Subresources;

/// <summary><c>pods/NAME/eviction</c>: a deletion that respects the pod's disruption budget.</summary>
internal sealed class EvictionHandler(ObjectStore store)
{
    // Two evictions at once must not both take the last one that a budget allows.
    private readonly Lock _gate = new();

    public async Task HandleAsync(ApiRequest request, StoredObject item)
    {
        var body = await request.ReadObjectAsync();
        var options = new DeletionOptions
        {
            GracePeriodSeconds = (long?)body?["deleteOptions"]?["gracePeriodSeconds"],
            Uid = (string?)body?["deleteOptions"]?["preconditions"]?["uid"],
        };
        lock (_gate)
        {
            var budget = item.IsDeleting || item.Field("status.phase") is "Succeeded" or "Failed" or "Pending" ? null : Budget(item);
            if (budget is not null)
            {
                Ask(budget, item);
            }

            if (!request.DryRun)
            {
                store.Delete(request.Type.Gvr, item.Key, options);
                if (budget is not null)
                {
                    DisruptionBudget.Of(store, budget.Item).WriteStatus();
                }
            }
        }

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

    private DisruptionBudget? Budget(StoredObject item) =>
        DisruptionBudget.For(store, item) switch
        {
            [] => null,
            [var one] => one,
            _ => throw new StatusException(
                500,
                "InternalError",
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
            ),
        };

    private static void Ask(DisruptionBudget budget, StoredObject item)
    {
        // Evicting a pod that is not ready disrupts nothing, as long as the others suffice.
        if (!DisruptionBudget.IsReady(item) && (budget.AlwaysAllowsUnhealthy || budget.Healthy >= budget.Desired))
        {
            return;
        }

        budget.WriteStatus();
        if (budget.Allowed == 0)
        {
            var why = string.Create(
                CultureInfo.InvariantCulture,
                $"The disruption budget {budget.Item.Key.Name} needs {budget.Desired} healthy pods and has {budget.Healthy} currently"
            );
            throw new StatusException(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.")
            {
                Causes = [new StatusCause("DisruptionBudget", why)],
            };
        }
    }
}
