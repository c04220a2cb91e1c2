using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Access;
using Vigia.Gateway.Access.Reviews;
using Vigia.Kubernetes;
using Vigia.Live.Rights;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>One cluster that reviews callers: one caller's questions do not delay another's.</summary>
public sealed class ReviewedClusterTests
{
    private static readonly ReviewedUser Anna = User("anna");
    private static readonly ReviewedUser Nobody = User("nobody");
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");

    [Fact]
    public async Task A_caller_with_more_questions_than_its_share_is_refused_alone()
    {
        var time = new ManualTimeProvider();
        var reviewer = new Reviewer(user => user.Name == "anna");
        await using var cluster = Cluster(
            reviewer,
            time,
            new AccessOptions
            {
                ReviewBurst = 10,
                ReviewsPerSecond = 1,
                ReviewTimeout = TimeSpan.FromSeconds(2),
            }
        );

        var questions = Enumerable.Range(0, 100).Select(i => cluster.CanAsync(Nobody, new AccessQuestion("list", Pods, $"n{i}"))).ToArray();
        var refused = questions.Where(question => question.IsFaulted).ToArray();

        // Ten at once, two more within the time that a question may take; the others at once and with a time to come
        // back.
        Assert.Equal(88, refused.Length);
        Assert.All(
            refused,
            question => Assert.InRange(Assert.IsType<AccessBacklogException>(question.Exception!.InnerException).RetryAfterSeconds, 1, 10)
        );
        Assert.Equal(10, reviewer.Asked);
        Assert.True((await cluster.CanAsync(Anna, new AccessQuestion("list", Pods))).IsAllowed);
    }

    [Fact]
    public async Task Questions_that_wait_for_a_slot_too_long_are_no_failure_of_the_cluster()
    {
        var time = new ManualTimeProvider();
        var gate = new TaskCompletionSource();
        var reviewer = new Reviewer(_ => true) { Gate = user => user.Name == "anna" ? Task.CompletedTask : gate.Task };
        await using var cluster = Cluster(
            reviewer,
            time,
            new AccessOptions { ReviewConcurrency = 1, ReviewTimeout = TimeSpan.FromSeconds(5) }
        );
        var first = cluster.CanAsync(Nobody, new AccessQuestion("list", Pods, "n0"));
        time.Advance(TimeSpan.FromSeconds(1));
        var second = cluster.CanAsync(Nobody, new AccessQuestion("list", Pods, "n1"));
        time.Advance(TimeSpan.FromSeconds(3));
        var honest = cluster.CanAsync(Anna, new AccessQuestion("list", Pods));
        gate.SetResult();

        Assert.True((await first).IsAllowed);
        Assert.True((await second).IsAllowed);
        Assert.True((await honest).IsAllowed);
    }

    [Fact]
    public async Task A_backlog_is_told_as_one_and_the_next_question_goes_through()
    {
        var time = new ManualTimeProvider();
        var gates = new Dictionary<string, TaskCompletionSource> { ["first"] = new(), ["second"] = new() };
        var reviewer = new Reviewer(_ => true)
        {
            Gate = user => gates.TryGetValue(user.Name, out var gate) ? gate.Task : Task.CompletedTask,
        };
        await using var cluster = Cluster(
            reviewer,
            time,
            new AccessOptions { ReviewConcurrency = 1, ReviewTimeout = TimeSpan.FromSeconds(5) }
        );

        // 1. A slow cluster: each answer takes four seconds, and the third who waits for the only slot waits for more
        // than five.
        var first = cluster.CanAsync(User("first"), new AccessQuestion("list", Pods));
        var second = cluster.CanAsync(User("second"), new AccessQuestion("list", Pods));
        var third = cluster.CanAsync(User("third"), new AccessQuestion("list", Pods));
        time.Advance(TimeSpan.FromSeconds(4));
        gates["first"].SetResult();
        Assert.True((await first).IsAllowed);
        await Eventually.TrueAsync(() => reviewer.Asked == 2, "the second has the slot");
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<AccessBacklogException>(() => third);

        // 2. That says nothing of the cluster.
        gates["second"].SetResult();
        Assert.True((await second).IsAllowed);
        Assert.True((await cluster.CanAsync(Anna, new AccessQuestion("list", Pods))).IsAllowed);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_found_out_once_and_no_address_is_told()
    {
        var time = new ManualTimeProvider();
        var reviewer = new Reviewer(_ => true) { Gate = static _ => new TaskCompletionSource().Task };
        await using var cluster = Cluster(reviewer, time, new AccessOptions { ReviewTimeout = TimeSpan.FromSeconds(5) });
        var asked = cluster.CanAsync(Anna, new AccessQuestion("list", Pods));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(
            "access reviews fail at cluster c: no answer within 5 s",
            (await Assert.ThrowsAsync<AccessUnavailableException>(() => asked)).Message
        );
        await Assert.ThrowsAsync<AccessUnavailableException>(() => cluster.CanAsync(Nobody, new AccessQuestion("list", Pods)));
        Assert.Equal(1, reviewer.Asked);
    }

    [Fact]
    public async Task A_question_that_the_cluster_refuses_is_refused_alone_and_no_address_is_told()
    {
        var reviewer = new Reviewer(user => user.Name == "anna")
        {
            Gate = user =>
                user.Name == "anna"
                    ? Task.CompletedTask
                    : Task.FromException(
                        new KubernetesApiException(new KubernetesStatus(422, "Invalid", "https://10.1.2.3: no", null, []), "create", "/x")
                    ),
        };
        await using var cluster = Cluster(reviewer, TimeProvider.System, new AccessOptions());

        var error = await Assert.ThrowsAsync<AccessUnavailableException>(() =>
            cluster.CanAsync(Nobody, new AccessQuestion("list", Pods, "n0"))
        );
        Assert.DoesNotContain("10.1.2.3", error.Message, StringComparison.Ordinal);
        Assert.True((await cluster.CanAsync(Anna, new AccessQuestion("list", Pods))).IsAllowed);
    }

    private static ReviewedCluster Cluster(IAccessReviewer reviewer, TimeProvider time, AccessOptions options) =>
        new("c", () => reviewer, options, null, time, NullLogger.Instance);

    private static ReviewedUser User(string name) => new(name, "", [], new Dictionary<string, IReadOnlyList<string>>());

    private sealed class Reviewer(Func<ReviewedUser, bool> allows) : IAccessReviewer
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public Func<ReviewedUser, Task> Gate { get; init; } = static _ => Task.CompletedTask;

        public Task<TokenDecision> ReviewTokenAsync(string token, CancellationToken ct) => Task.FromResult(new TokenDecision(null, "no"));

        public async Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question, CancellationToken ct)
        {
            Interlocked.Increment(ref _asked);
            await Gate(user).WaitAsync(ct);
            return new AccessDecision(allows(user), "");
        }
    }
}
