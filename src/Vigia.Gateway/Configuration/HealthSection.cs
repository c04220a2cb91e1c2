using Vigia.Live.Health;

namespace Vigia.Gateway.Configuration;

/// <summary><c>health</c>: the monitor.</summary>
internal static class HealthSection
{
    public static HealthOptions Read(SectionReader section)
    {
        var absent = new HealthOptions();
        var options = new HealthOptions
        {
            Interval = section.Duration(
                "interval",
                absent.Interval,
                TimeSpan.FromMilliseconds(50),
                TimeSpan.FromHours(1),
                "How often every cluster and resource is checked, and the pace of the single probe of a cluster whose circuit is open."
            ),
            ProbeTimeout = section.Duration(
                "probeTimeout",
                absent.ProbeTimeout,
                TimeSpan.FromMilliseconds(50),
                TimeSpan.FromMinutes(5),
                "How long a cluster may take to answer a probe."
            ),
            Silence = section.Duration(
                "silence",
                absent.Silence,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(1),
                "After so long without an event or a bookmark a resource that is live is said to be silent."
            ),
        };
        section.Finish();
        return options;
    }
}
