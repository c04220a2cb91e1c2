using Vigia.Controllers;
using Vigia.Informers.Tests.Election;

namespace Vigia.Informers.Tests.Recording;

/// <summary>A recorder in virtual time, and a server that keeps what it was sent.</summary>
internal sealed class RecordingFixture : IEventSink
{
    public RecordingFixture() => Clock = new SkewedClock(World);

    public static EventSubject Pod { get; } = new("v1", "Pod", "shop", "web-1", "uid-1");

    public VirtualWorld World { get; } = new();

    public SkewedClock Clock { get; }

    /// <summary>By name.</summary>
    public Dictionary<string, RecordedEvent> Events { get; } = [];

    /// <summary>POST and PATCH, tried and carried out or not, with their virtual times.</summary>
    public List<(string Verb, TimeSpan At)> Calls { get; } = [];

    /// <summary>Runs before a call is carried out: throws, or waits.</summary>
    public Func<string, CancellationToken, Task>? Before { get; set; }

    /// <summary>Throws once a call was carried out.</summary>
    public Func<string, Exception?>? After { get; set; }

    public EventRecorder Recorder(int queue = 1000, int cache = 4096, double stopTimeout = 5) =>
        new(
            this,
            new EventRecorderOptions
            {
                Component = "operator",
                Instance = "operator-0",
                QueueLength = queue,
                CacheSize = cache,
                StopTimeout = TimeSpan.FromSeconds(stopTimeout),
            },
            Clock
        );

    public Task CreateAsync(RecordedEvent recorded, CancellationToken ct) =>
        CallAsync("POST", () => Events.Add(recorded.Name, recorded), recorded, ct);

    public Task PatchAsync(RecordedEvent recorded, CancellationToken ct) =>
        CallAsync(
            "PATCH",
            () =>
            {
                if (!Events.TryGetValue(recorded.Name, out var held))
                {
                    throw MemoryLeaseStore.Refusal(404, "NotFound", "PATCH");
                }

                Events[recorded.Name] = held with { Count = recorded.Count, Last = recorded.Last, Message = recorded.Message };
            },
            recorded,
            ct
        );

    public Task Delay(double seconds) => World.Delay(TimeSpan.FromSeconds(seconds));

    private async Task CallAsync(string verb, Action deed, RecordedEvent recorded, CancellationToken ct)
    {
        Calls.Add((verb, World.Now));
        if (Before is { } before)
        {
            await before(verb, ct);
        }

        await World.Delay(TimeSpan.FromMilliseconds(1));
        if (verb == "POST" && Events.ContainsKey(recorded.Name))
        {
            throw MemoryLeaseStore.Refusal(409, "AlreadyExists", verb);
        }

        deed();
        if (After?.Invoke(verb) is { } error)
        {
            throw error;
        }
    }
}
