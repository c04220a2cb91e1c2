using Vigia.Gateway.Endpoints.Metrics;

namespace Vigia.Gateway.Configuration;

/// <summary><c>metrics</c>: the contents of <c>/metrics</c>.</summary>
internal static class MetricsSection
{
    public static MetricsOptions Read(SectionReader section)
    {
        var options = new MetricsOptions
        {
            Objects = section.Flag(
                "objects",
                new MetricsOptions().Objects,
                "Also expose the state of pods, deployments, nodes and other objects, under kube-state-metrics' names (metrics.md)."
            ),
        };
        section.Finish();
        return options;
    }
}
