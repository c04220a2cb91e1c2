using Vigia.Kubernetes;

namespace Vigia.Samples.Tests.Documents;

/// <summary>The code of the Kubernetes package's README.</summary>
internal static class KubernetesExamples
{
    public static async Task ConnectAsync(TextWriter output, CancellationToken cancellationToken)
    {
        #region connect
        await using var client = new KubernetesClient(KubeconfigLoader.Load()); // as kubectl finds it; Load(path, context) for another
        var served = await new DiscoveryClient(client).GetResourcesAsync(cancellationToken);
        var deployments = served.Find("deploy")!.Resource; // by any name that kubectl takes: apps/v1, deployments

        var web =
            await client.GetAsync(deployments, new("shop", "web"), cancellationToken)
            ?? throw new InvalidOperationException("there is no such deployment");
        output.WriteLine($"{web.Kind} {web.Key} at {web.ResourceVersion}, changed last by {web.LastChange?.Manager}");
        output.WriteLine($"{web.As(Models.Default.Deployment).Spec.Replicas} replicas");
        #endregion
    }

    public static async Task WriteAsync(KubernetesClient client, TextWriter output, CancellationToken cancellationToken)
    {
        #region write
        try
        {
            var settings = await client.ApplyAsync(
                KnownResources.ConfigMaps,
                new("shop", "settings"),
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: { name: settings }
                data: { colour: red }
                """,
                manager: "my-operator",
                cancellationToken: cancellationToken
            );
            await client.MergePatchAsync(
                KnownResources.Deployments,
                new("shop", "web"),
                """{"spec":{"replicas":3}}""",
                "scale",
                cancellationToken
            );
            await client.DeleteAsync(KnownResources.ConfigMaps, settings.Key, cancellationToken);
        }
        catch (KubernetesApiException refused) when (refused.IsForbidden)
        {
            output.WriteLine(refused.Message); // names the right that is missing
        }
        #endregion
    }

    public static void Select(RawObject pod, TextWriter output)
    {
        #region select
        // Every form that kubectl takes; SelectorFormatException says what is wrong and where.
        var selector = LabelSelector.Parse("app in (web, api), tier!=cache, !legacy");
        output.WriteLine(selector.Matches(pod.Labels));
        #endregion
    }
}
