using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Configuration;

/// <summary><c>clusters</c>: which, and how they are looked after.</summary>
internal static class ClustersSection
{
    public static (KubeconfigOptions Kubeconfig, ClusterOptions Care) Read(SectionReader section, KubernetesClientOptions client)
    {
        var (kubeconfig, care) = (new KubeconfigOptions(), new ClusterOptions());
        var (short1, long1) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromHours(1));
        kubeconfig = kubeconfig with
        {
            Client = client,
            Path = section.File(
                "kubeconfig",
                "The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the pod's service account."
            ),
            Contexts = section.Texts("contexts", "The contexts to serve. Default: the current one."),
            AllContexts = section.Flag("allContexts", kubeconfig.AllContexts, "Serve every context, including those added later."),
            PollInterval = section.Duration(
                "poll",
                kubeconfig.PollInterval,
                short1,
                long1,
                "How often the kubeconfig is checked for changes."
            ),
        };
        if (kubeconfig.AllContexts && kubeconfig.Contexts.Count > 0)
        {
            section.Fault("allContexts", "allContexts is set together with contexts; remove one of them");
        }

        care = care with
        {
            Namespace = section.Text("namespace", care.Namespace, "Watch a single namespace, for a gateway without cluster-wide rights."),
            CustomResources = section.Flag(
                "customResources",
                care.CustomResources,
                "Whether to discover and serve custom resources that are not in the catalog."
            ),
            FirstRetry = section.Duration(
                "firstRetry",
                care.FirstRetry,
                short1,
                long1,
                "The first wait before discovery of an unreachable server is retried. It doubles with every failure."
            ),
            LongestRetry = section.Duration("longestRetry", care.LongestRetry, short1, long1, "The longest such wait."),
            Discovery = section.Duration(
                "discovery",
                care.Discovery,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(1),
                "How often discovery is repeated, in addition to the watch of custom resource definitions."
            ),
            DiscoveryWithoutDefinitions = section.Duration(
                "discoveryWithoutDefinitions",
                care.DiscoveryWithoutDefinitions,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(1),
                "The same if definitions may not be watched."
            ),
        };
        if (care.LongestRetry < care.FirstRetry)
        {
            section.Fault("longestRetry", $"it is shorter than firstRetry, {DurationText.Of(care.FirstRetry)}");
        }

        section.Finish();
        return (kubeconfig, care);
    }
}
