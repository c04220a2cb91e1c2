using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>The reflector's contract (DESIGN), on a scripted server and a clock that stands.</summary>
public sealed class SharedInformerTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedServer _server = new();
    private readonly ConcurrentQueue<string> _seen = new();
    private SharedInformer? _informer;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_informer is not null)
        {
            await _informer.DisposeAsync();
            Assert.Equal(0, _server.OpenWatches);
            Assert.Equal(0, _clock.ActiveTimers);
        }
    }

    [Fact]
    public async Task Lists_from_the_cache_then_watches_from_the_list_s_revision()
    {
        _server.Put("a");
        await StartAsync();
        _server.Put("b");
        await SeenAsync("+a", "+b");

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11"], _server.Requests);
        Assert.True(_informer!.Freshness.IsLive);
        Assert.Equal("12", _informer.Log.Revision.ToString());
    }

    [Fact]
    public async Task A_watch_that_ends_normally_goes_on_from_the_last_revision_without_a_list()
    {
        _server.Put("a");
        await StartAsync();
        _clock.Advance(TimeSpan.FromMinutes(5));
        _server.EndWatches();
        await LiveAsync(watches: 2);
        _server.Put("a", "2");
        await SeenAsync("+a", "~a");

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "WATCH rv=11"], _server.Requests);
    }

    [Fact]
    public async Task A_bookmark_moves_the_revision_and_reaches_no_handler()
    {
        await StartAsync();
        _server.Bookmark(500);
        await Eventually.TrueAsync(() => _informer!.Log.Revision.Number == 500, "the bookmark was read");
        _clock.Advance(TimeSpan.FromSeconds(2));
        _server.EndWatches();
        await LiveAsync(watches: 2);

        Assert.Equal("WATCH rv=500", _server.Requests[^1]);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Expired_history_leads_to_a_relist_at_the_last_revision_that_delivers_the_difference_only()
    {
        _server.Put("same");
        _server.Put("changed");
        _server.Put("gone");
        await StartAsync();
        await SeenAsync("+changed", "+gone", "+same");
        _server.FailWatches(new IOException("cut"));
        _server.OnRequest = request =>
        {
            if (request.StartsWith("WATCH", StringComparison.Ordinal) && _server.Requests.Count == 3)
            {
                _server.Put("changed", "2");
                _server.Delete("gone");
                _server.Put("new");
                _server.Compact();
            }
        };
        _clock.Advance(TimeSpan.FromSeconds(2));
        _server.EndWatches();
        await SeenWithTimeAsync("+changed", "+gone", "+same", "~changed", "+new", "-gone?");

        Assert.Contains(_server.Requests, request => request == "LIST rv=13 limit=0");
        Assert.Equal(["changed", "new", "same"], _informer!.Store.List().Select(o => o.Name).Order());
    }

    [Fact]
    public async Task A_list_refused_as_expired_is_tried_at_once_as_a_consistent_read()
    {
        _server.FailLists(ApiErrors.Expired());
        _server.Put("a");
        await StartAsync();

        Assert.Equal(["LIST rv=0 limit=500", "LIST rv= limit=500", "WATCH rv=11"], _server.Requests);
    }

    [Fact]
    public async Task An_object_deleted_and_recreated_out_of_sight_is_deleted_then_added()
    {
        _server.Put("a");
        await StartAsync();
        await SeenAsync("+a");
        _server.OnRequest = request =>
        {
            if (_server.Requests.Count == 3)
            {
                _server.Delete("a");
                _server.Put("a", "again");
                _server.Compact();
            }
        };
        _clock.Advance(TimeSpan.FromSeconds(2));
        _server.EndWatches();

        await SeenWithTimeAsync("+a", "-a?", "+a");
    }

    [Fact]
    public async Task Pages_are_followed_to_the_last()
    {
        for (var i = 0; i < 10; i++)
        {
            _server.Put($"p{i}");
        }

        _server.PageSize = 4;
        await StartAsync();

        Assert.Equal(10, _informer!.Store.Count);
        Assert.Equal(["LIST rv=0 limit=500", "LIST continue=4", "LIST continue=8", "WATCH rv=20"], _server.Requests);
    }

    [Fact]
    public async Task A_refused_connection_backs_off_says_stale_and_recovers_without_losing_anything()
    {
        _server.Put("a");
        await StartAsync();
        _server.FailLists(new IOException("connection refused"), new IOException("connection refused"));
        _clock.Advance(TimeSpan.FromSeconds(2));
        _server.EndWatches(new IOException("connection reset"));
        await Eventually.TrueAsync(() => !_informer!.Freshness.IsLive && _informer.Freshness.NextTry is not null, "stale with a next try");
        Assert.Contains("refused", _informer!.Freshness.Reason, StringComparison.Ordinal);
        Assert.Equal(InformerState.Synced, _informer.Status.State);
        _server.Put("b");
        await SeenWithTimeAsync("+a", "+b");

        await LiveAsync(watches: 2);
        Assert.Equal(0, _informer.Status.Failures);
    }

    [Fact]
    public async Task Five_failures_in_a_row_say_failing_and_it_still_goes_on()
    {
        _server.Put("a");
        _server.FailLists([.. Enumerable.Range(0, 6).Select(_ => new IOException("connection refused"))]);
        _informer = New();
        _informer.Start();
        for (var failure = 1; failure <= 5; failure++)
        {
            await Eventually.TrueAsync(() => _informer.Status.Retries == failure, $"failure {failure}");
            Assert.Equal(failure < 5 ? InformerState.Syncing : InformerState.Failing, _informer.Status.State);
            await _clock.AdvanceToNextTimerAsync(TimeSpan.FromSeconds(60));
        }

        await _clock.AdvanceToNextTimerAsync(TimeSpan.FromSeconds(60));
        await LiveAsync(watches: 1);
        Assert.Equal(InformerState.Synced, _informer.Status.State);
    }

    [Fact]
    public async Task A_missing_right_says_denied_and_which()
    {
        _server.FailLists(ApiErrors.Forbidden("pods is forbidden: User \"limited\" cannot list resource \"pods\""));
        _informer = New();
        _informer.Start();
        await Eventually.TrueAsync(() => _informer.Status.State == InformerState.Denied, "denied");

        Assert.Contains("cannot list resource \"pods\"", _informer.Freshness.Reason, StringComparison.Ordinal);
        await _clock.AdvanceToNextTimerAsync(TimeSpan.FromSeconds(60));
        await LiveAsync(watches: 1);
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_is_counted_and_healed_by_a_relist()
    {
        _server.Put("a");
        await StartAsync();
        await SeenAsync("+a");
        _server.Send("""{"type":"MODIFIED","object":{"metadata":{"name":"a","uid":}}}""");
        _server.Put("b");
        await SeenWithTimeAsync("+a", "+b");

        Assert.Equal("a,b", string.Join(',', _informer!.Store.List().Select(o => o.Name).Order()));
        Assert.Contains(_server.Requests, request => request.StartsWith("LIST rv=11", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_older_than_the_one_held_is_refused()
    {
        _server.Put("a", "1");
        _server.Put("a", "2");
        await StartAsync();
        await SeenAsync("+a");
        _server.Send(
            """{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","uid":"uid-1","resourceVersion":"11","labels":"""
                + """{"value":"1"}}}}"""
        );
        await Eventually.TrueAsync(() => _informer!.Counters.StaleReads > 0, "the stale version was counted");
        await LiveAsync(watches: 2);

        Assert.Equal("12", _informer!.Store.Get(new ObjectKey("default", "a"))!.ResourceVersion.ToString());
        Assert.Equal(["+a"], _seen);
    }

    [Fact]
    public async Task A_server_restored_to_an_older_state_resets_every_cursor()
    {
        _server.Put("old");
        _server.Put("kept");
        await StartAsync();
        await SeenAsync("+kept", "+old");
        var (_, cursor) = _informer!.Log.OpenWithSnapshot();
        _server.RestoreTo(5, "kept", "other");
        _server.EndWatches(new IOException("connection reset"));
        await SeenWithTimeAsync("+kept", "+old", "reset", "+kept", "+other");

        Assert.Equal(CursorReading.Reset, cursor.Read([]));
        Assert.Equal(ResetReason.Restored, cursor.ResetReason);
        Assert.Equal(["kept", "other"], _informer.Store.List().Select(o => o.Name).Order());
        Assert.Equal(1, _informer.Counters.Resets);
    }

    [Fact]
    public async Task A_streaming_list_goes_on_as_the_watch_on_the_same_stream()
    {
        _server.Put("a");
        await StartAsync(new() { Reflector = new() { StreamingList = true } });
        _server.Put("b");
        await SeenAsync("+a", "+b");

        Assert.Equal(["WATCH rv= streaming"], _server.Requests);
    }

    [Fact]
    public async Task A_streaming_list_that_never_ends_is_given_up_for_a_plain_one()
    {
        _server.Put("a");
        _server.SendsStreamingListEnd = false;
        _informer = New(new() { Reflector = new() { StreamingList = true } });
        Watch(_informer);
        _informer.Start();
        await Eventually.TrueAsync(() => _server.OpenWatches == 1, "the stream is open");
        await _clock.AdvanceToNextTimerAsync(TimeSpan.FromSeconds(5));
        await LiveAsync(watches: 1);

        Assert.Equal(["WATCH rv= streaming", "LIST rv=0 limit=500", "WATCH rv=11"], _server.Requests);
        await SeenAsync("+a");
    }

    [Fact]
    public async Task A_watch_silent_beyond_its_own_timeout_is_taken_for_dead()
    {
        await StartAsync();
        await _clock.AdvanceToNextTimerAsync(TimeSpan.FromMinutes(11));
        await LiveAsync(watches: 2);

        Assert.Equal("LIST rv= limit=1", _server.Requests[2]);
    }

    [Fact]
    public async Task A_handler_that_throws_loses_that_change_only_and_harms_nobody()
    {
        _server.Put("a");
        _informer = New();
        await using var broken = _informer.AddHandler(
            new ResourceEventHandlerFuncs { OnAdd = (_, _) => throw new InvalidOperationException("broken") }
        );
        Watch(_informer);
        _informer.Start();
        await SeenAsync("+a");
        await Eventually.TrueAsync(
            () => broken.HasSynced && _informer.Counters.HandlerFailures == 1,
            "the failure was counted and the handler went on"
        );
    }

    [Fact]
    public async Task A_late_handler_gets_what_is_there_as_the_initial_list_and_then_what_comes()
    {
        _server.Put("a");
        await StartAsync();
        var late = new ConcurrentQueue<string>();
        await using var registration = _informer!.AddHandler(
            new ResourceEventHandlerFuncs { OnAdd = (o, initial) => late.Enqueue($"{o.Name} {initial}") }
        );
        await registration.WhenSynced.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        _server.Put("b");
        await Eventually.TrueAsync(() => late.Count == 2, "both came");

        Assert.Equal(["a True", "b False"], late);
    }

    [Fact]
    public async Task A_removed_handler_is_called_no_more_and_removing_twice_is_fine()
    {
        await StartAsync();
        var calls = 0;
        var registration = _informer!.AddHandler(new ResourceEventHandlerFuncs { OnAdd = (_, _) => calls++ });
        await registration.DisposeAsync();
        await registration.DisposeAsync();
        _server.Put("a");
        await SeenAsync("+a");

        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_slow_handler_ends_in_the_right_state_and_memory_stays_bounded()
    {
        await StartAsync(new() { Log = new DeltaLogOptions { Capacity = 16 } });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = new Mirror(gate.Task);
        await using var registration = _informer!.AddHandler(slow);
        for (var i = 0; i < 500; i++)
        {
            _server.Put($"p{i % 50}", $"{i}");
            if (i % 7 == 0)
            {
                _server.Delete($"p{i % 50}");
            }
        }

        await Eventually.TrueAsync(() => _informer.Log.Revision.Number == _server.Revision, "all was read");
        Assert.True(_informer.Log.Kept <= 16);
        gate.SetResult();
        await Eventually.TrueAsync(
            () =>
                slow.State.Count == _informer.Store.Count
                && _informer.Store.List().All(o => slow.State.TryGetValue(o.Name, out var version) && version == o.ResourceVersion),
            "the slow handler is up to date"
        );
        Assert.True(slow.Folded > 0);
        Assert.Empty(slow.Faults);
    }

    private SharedInformer New(SharedInformerOptions? options = null) =>
        new(_server, options ?? new SharedInformerOptions { Seed = 1, Reflector = InformerFixture.Unproven }, _clock);

    private async Task StartAsync(SharedInformerOptions? options = null)
    {
        _informer = New(options);
        var recorder = _informer.AddHandler(new Recorder(_seen));
        _informer.Start();
        await LiveAsync(watches: 1);

        // What follows must reach it step by step: the first list's own steps are folded for who has not read them.
        await recorder.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
    }

    private void Watch(SharedInformer informer) => informer.AddHandler(new Recorder(_seen));

    private async Task LiveAsync(int watches)
    {
        await Eventually.TrueAsync(
            () => _informer!.Status.Watches >= watches && _informer.Freshness.IsLive,
            $"watch {watches} stands",
            saw: () => $"requests {string.Join("; ", _server.Requests)}"
        );
    }

    private async Task SeenAsync(params string[] expected)
    {
        await Eventually.TrueAsync(() => _seen.Count >= expected.Length, string.Join(' ', expected), saw: () => string.Join(' ', _seen));
        Assert.Equal(expected, _seen);
    }

    /// <summary>Lets the clock run while it waits: for faults that back off.</summary>
    private async Task SeenWithTimeAsync(params string[] expected)
    {
        await Eventually.TrueAsync(
            () =>
            {
                if (_seen.Count >= expected.Length)
                {
                    return true;
                }

                _clock.Advance(TimeSpan.FromMilliseconds(500));
                return false;
            },
            $"waited for {string.Join(' ', expected)}"
        );
        Assert.Equal(expected, _seen);
    }

    private sealed class Recorder(ConcurrentQueue<string> seen) : IResourceEventHandler
    {
        public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            var sign = delta.Kind switch
            {
                DeltaKind.Added => "+",
                DeltaKind.Updated => "~",
                _ => "-",
            };
            seen.Enqueue($"{sign}{delta.Object.Name}{(delta.IsFinalStateUnknown ? "?" : "")}");
            return ValueTask.CompletedTask;
        }

        public ValueTask ResetAsync(CancellationToken cancellationToken)
        {
            seen.Enqueue("reset");
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>
    /// Keeps what it is told, and notes what may not be told: an update of the unknown, an addition of the known, a
    /// step back.
    /// </summary>
    private sealed class Mirror(Task gate) : IResourceEventHandler
    {
        public ConcurrentDictionary<string, ResourceVersion> State { get; } = new();

        public ConcurrentQueue<string> Faults { get; } = new();

        public int Folded { get; private set; }

        public async ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            await gate.WaitAsync(cancellationToken);
            Folded += delta.IsFolded ? 1 : 0;
            var known = State.TryGetValue(delta.Object.Name, out var version);
            if (known == (delta.Kind == DeltaKind.Added) || (known && delta.New?.ResourceVersion.IsOlderThan(version) == true))
            {
                Faults.Enqueue($"{delta} with {(known ? version.ToString() : "nothing")} held");
            }

            if (delta.New is { } o)
            {
                State[o.Name] = o.ResourceVersion;
            }
            else
            {
                State.TryRemove(delta.Object.Name, out _);
            }
        }
    }
}
