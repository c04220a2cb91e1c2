using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// An informer over a scripted server and a clock that stands, with one handler whose calls are kept as text:
/// <c>+a</c>, <c>~a</c>, <c>-a</c>, <c>-a?</c> (final state unknown), <c>reset</c>.
/// </summary>
internal sealed class InformerFixture : IAsyncDisposable
{
    private readonly HandlerRegistration _recorder;

    public InformerFixture(
        ReflectorOptions? reflector = null,
        DeltaLogOptions? log = null,
        int seed = 1,
        AuditOptions? audit = null,
        ILogger? logger = null
    )
    {
        Tap = new Tap(Server);
        Informer = new SharedInformer(
            Tap,
            new SharedInformerOptions
            {
                Seed = seed,
                Reflector = reflector ?? Unproven,
                Log = log ?? new(),
                Audit = audit ?? new(),
            },
            Clock,
            logger
        );
        _recorder = Informer.AddHandler(new InformerRecorder(Seen));
    }

    /// <summary>Silent watches are not proven: the requests are those that the test provokes.</summary>
    public static ReflectorOptions Unproven { get; } = new() { ProofPatience = Timeout.InfiniteTimeSpan };

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedServer Server { get; } = new();

    public Tap Tap { get; }

    public SharedInformer Informer { get; }

    public ConcurrentQueue<string> Seen { get; } = new();

    public List<string> Requests => Server.Requests;

    public IEnumerable<string> Names => Informer.Store.List().Select(o => o.Name).Order(StringComparer.Ordinal);

    /// <summary>
    /// Starts; returns when the watch stands and the handler has handled the first list, so that what follows reaches
    /// it step by step.
    /// </summary>
    public async Task StartAsync()
    {
        Informer.Start();
        await LiveAsync(watches: 1);
        await _recorder.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until that many watches have stood and the last still does; the clock stands.</summary>
    public Task LiveAsync(int watches) =>
        Eventually.TrueAsync(() => Informer.Status.Watches >= watches && Informer.Freshness.IsLive, $"watch {watches} stands");

    /// <summary>As <see cref="LiveAsync"/>, with the clock running: for faults that back off.</summary>
    public Task LiveWithTimeAsync(int watches) =>
        WithTimeAsync(() => Informer.Status.Watches >= watches && Informer.Freshness.IsLive, $"watch {watches} stands");

    /// <summary>Waits with the clock running, half a second a look.</summary>
    public Task WithTimeAsync(Func<bool> condition, string what) =>
        Eventually.TrueAsync(
            () =>
            {
                if (condition())
                {
                    return true;
                }

                Clock.Advance(TimeSpan.FromMilliseconds(500));
                return false;
            },
            what
        );

    /// <summary>
    /// Waits until the reflector waits: all that can happen without the clock has happened. Returns how long it will
    /// wait.
    /// </summary>
    public async Task<TimeSpan> WaitingAsync(long retries)
    {
        await Eventually.TrueAsync(
            () => Informer.Status.Retries >= retries && Informer.Freshness.NextTry is not null,
            $"waits for the {retries}th time"
        );
        return Informer.Freshness.NextTry!.Value - Clock.GetUtcNow();
    }

    /// <summary>Goes on to the end of the wait under way.</summary>
    public Task GoOnAsync() => Clock.AdvanceToNextTimerAsync(TimeSpan.FromMinutes(2));

    /// <summary>A watch that has stood for three quiet minutes is ended as expired.</summary>
    public void Expire(string reason = "Expired")
    {
        Clock.Advance(TimeSpan.FromMinutes(3));
        Server.Send(Refusals.Event(410, reason, "too old resource version"));
    }

    public async Task SeenAsync(params string[] expected)
    {
        await Eventually.TrueAsync(() => Seen.Count >= expected.Length, $"waited for {string.Join(' ', expected)}");
        Assert.Equal(expected, Seen);
    }

    public async Task SeenWithTimeAsync(params string[] expected)
    {
        await WithTimeAsync(() => Seen.Count >= expected.Length, $"waited for {string.Join(' ', expected)}");
        Assert.Equal(expected, Seen);
    }

    public async ValueTask DisposeAsync()
    {
        await Informer.DisposeAsync();
        Assert.Equal((0, 0, 0), (Server.OpenWatches, Tap.Open, Tap.ClosedTwice));

        // A wait that ended in time gives its timer back just after it has told so.
        await Eventually.TrueAsync(() => Clock.ActiveTimers == 0, "no timer is left");
    }
}
