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
                "The kubeconfig file. Without it $KUBECONFIG, else ~/.kube/config, else the pod's service account."
            ),
            Contexts = section.Texts("contexts", "The contexts to serve; none for the current one."),
            AllContexts = section.Flag("allContexts", kubeconfig.AllContexts, "Serve every context, those that are added later too."),
            PollInterval = section.Duration(
                "poll",
                kubeconfig.PollInterval,
                short1,
                long1,
                "How often the kubeconfig is looked at for changes."
            ),
        };
        if (kubeconfig.AllContexts && kubeconfig.Contexts.Count > 0)
        {
            section.Fault("allContexts", "all contexts are asked for, and some by name as well: leave one out");
        }

        care = care with
        {
            Namespace = section.Text(
                "namespace",
                care.Namespace,
                "The one namespace to watch, for a gateway without rights on whole clusters."
            ),
            CustomResources = section.Flag(
                "customResources",
                care.CustomResources,
                "Whether custom resources that are not in the catalog are found and served."
            ),
            FirstRetry = section.Duration(
                "firstRetry",
                care.FirstRetry,
                short1,
                long1,
                "The first wait before a server that cannot be reached is asked again what it has; doubled with every failure."
            ),
            LongestRetry = section.Duration("longestRetry", care.LongestRetry, short1, long1, "The longest such wait."),
            Discovery = section.Duration(
                "discovery",
                care.Discovery,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(1),
                "How often a server is asked again what it has, beside the watch of custom resource definitions."
            ),
            DiscoveryWithoutDefinitions = section.Duration(
                "discoveryWithoutDefinitions",
                care.DiscoveryWithoutDefinitions,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(1),
                "The same where definitions may not be watched."
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
