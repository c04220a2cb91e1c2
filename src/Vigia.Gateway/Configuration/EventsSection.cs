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
                "How many events of one object are kept, the latest. What says the same counts up and is still one."
            ),
            Most = section.Count(
                "most",
                absent.Most,
                100,
                10_000_000,
                "How many events are kept in all, at some 700 bytes each; beyond that those seen the longest ago are dropped."
            ),
            Age = section.Duration(
                "age",
                absent.Age,
                TimeSpan.FromMinutes(1),
                TimeSpan.FromDays(365),
                "How long an event is kept after it was last seen. An API server keeps it for an hour."
            ),
            Grace = section.Duration(
                "grace",
                absent.Grace,
                TimeSpan.Zero,
                TimeSpan.FromDays(30),
                "How long the events of an object are kept after it is gone."
            ),
        };
        section.Finish();
        return options;
    }
}
