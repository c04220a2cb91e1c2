using Vigia.Live.Events;

namespace Vigia.Gateway.Configuration;

/// <summary><c>events</c>: Kubernetes events that are kept with their objects.</summary>
internal static class EventsSection
{
    public static EventHistoryOptions Read(SectionReader section)
    {
        var absent = new EventHistoryOptions();
        var options = new EventHistoryOptions
        {
            PerObject = section.Count(
                "perObject",
                absent.PerObject,
                1,
                1000,
                "Events kept per object, the latest ones. Repetitions are counted as one event."
            ),
            Most = section.Count(
                "most",
                absent.Most,
                100,
                10_000_000,
                "Events kept in all, at about 700 bytes each. Beyond that the oldest are dropped."
            ),
            Age = section.Duration(
                "age",
                absent.Age,
                TimeSpan.FromMinutes(1),
                TimeSpan.FromDays(365),
                "How long an event is kept after it last happened. An API server keeps it for an hour."
            ),
            Grace = section.Duration(
                "grace",
                absent.Grace,
                TimeSpan.Zero,
                TimeSpan.FromDays(30),
                "How long an object's events are kept after its deletion."
            ),
        };
        section.Finish();
        return options;
    }
}
