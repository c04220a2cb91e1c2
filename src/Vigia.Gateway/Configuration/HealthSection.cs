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
                "How often each cluster and resource is checked, and how often a cluster whose circuit is open is probed."
            ),
            ProbeTimeout = section.Duration(
                "probeTimeout",
                absent.ProbeTimeout,
                TimeSpan.FromMilliseconds(50),
                TimeSpan.FromMinutes(5),
                "Timeout of a probe."
            ),
            Silence = section.Duration(
                "silence",
                absent.Silence,
                TimeSpan.FromSeconds(1),
                TimeSpan.FromDays(1),
                "A live resource is reported as silent after this time without an event or a bookmark."
            ),
        };
        section.Finish();
        return options;
    }
}
