using System.Collections.Concurrent;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Hostile;

/// <summary>
/// What is registered on an informer's tokens runs while it is stopped, and may wait for somebody who asks for its
/// status.
/// </summary>
public sealed class DisposalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_lister_watcher_that_waits_for_the_status_in_its_cancellation_does_not_hold_up_the_end()
    {
        var source = new Registering();
        var informer = new SharedInformer(source);
        source.Act = () => Assert.NotNull(AskElsewhere(informer));
        informer.Start();
        await source.Entered.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        await informer.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, source.Cancelled);
    }

    [Fact]
    public async Task A_handler_of_an_informer_that_was_never_started_may_ask_for_its_status_when_it_is_stopped()
    {
        var source = new Registering();
        var informer = new SharedInformer(source);
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new Replaying(async token =>
        {
            var end = Hanging.UntilCancelledAsync(token);
            await using var registration = token.Register(() => Assert.NotNull(AskElsewhere(informer)));
            called.TrySetResult();
            await end;
        });
        informer.AddHandler(handler);
        await called.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        await informer.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Callbacks_on_tokens_that_throw_keep_nothing_from_being_stopped()
    {
        var source = new Registering { Act = () => throw new InvalidOperationException("a callback of the lister-watcher") };
        var logged = new ConcurrentQueue<string>();
        var informer = new SharedInformer(source, logger: new LineLogger(logged));
        using var called = new CountdownEvent(2);
        for (var i = 0; i < 2; i++)
        {
            informer.AddHandler(
                new Replaying(async token =>
                {
                    // Registered last, it is called first.
                    var end = Hanging.UntilCancelledAsync(token);
                    await using var registration = token.Register(() => throw new InvalidOperationException("a callback of the handler"));
                    called.Signal();
                    await end;
                })
            );
        }

        informer.Start();
        await source.Entered.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(called.Wait(Patience, TestContext.Current.CancellationToken));

        await informer.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, informer.Status.Handlers);
        Assert.Equal(2, Count("a callback of handler Replaying on its cancellation token threw"));
        Assert.Equal(1, Count("a callback on the cancellation token of a list, a watch or an audit threw"));

        int Count(string text) => logged.Count(line => line.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_scheduler_that_runs_a_handler_at_once_runs_it_outside_of_the_informers_lock()
    {
        var informer = new SharedInformer(new Registering(), new SharedInformerOptions { Scheduler = new Inline() });
        var asked = false;
        informer.AddHandler(
            new Replaying(_ =>
            {
                asked = AskElsewhere(informer) is not null;
                return ValueTask.CompletedTask;
            })
        );
        Assert.True(asked);
        await informer.DisposeAsync();
    }

    [Fact]
    public async Task A_factory_makes_a_new_informer_where_the_user_disposed_of_the_old_one()
    {
        await using var factory = new SharedInformerFactory((_, _) => new Registering());
        var pods = factory.ForResource(KnownResources.Pods);
        await pods.DisposeAsync();
        factory.Start();

        var again = factory.ForResource(KnownResources.Pods);
        Assert.NotSame(pods, again);
        Assert.Same(again, factory.ForResource(KnownResources.Pods));
        await factory.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => factory.ForResource(KnownResources.Pods));
    }

    /// <summary>The status, asked for by another thread, as code does that holds a lock of its own.</summary>
    private static InformerStatus? AskElsewhere(SharedInformer informer)
    {
        InformerStatus? status = null;
        var thread = new Thread(() => status = informer.Status);
        thread.Start();
        return thread.Join(Patience) ? status : null;
    }

    private sealed class Replaying(Func<CancellationToken, ValueTask> act) : IResourceEventHandler
    {
        public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask ReplayedAsync(CancellationToken cancellationToken) => act(cancellationToken);
    }

    private sealed class Registering : IListerWatcher
    {
        public GroupVersionResource Resource => KnownResources.Pods;

        public string Cluster => "test";

        public Action? Act { get; set; }

        public int Cancelled { get; private set; }

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
        {
            // Registered last, the callback is called first.
            var end = Hanging.UntilCancelledAsync(cancellationToken);
            await using var registration = cancellationToken.Register(() =>
            {
                Act?.Invoke();
                Cancelled++;
            });
            Entered.TrySetResult();
            await end;
            throw new InvalidOperationException("never");
        }

        public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("never");
    }

    private sealed class Inline : TaskScheduler
    {
        protected override IEnumerable<Task>? GetScheduledTasks() => null;

        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);
    }
}
