using System.Runtime.CompilerServices;
using System.Text;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// What a reflector asks for when it lists, and what it makes of the answers (docs/conformance.md 1 to 12, 24, 25, 29,
/// 30, 141).
/// </summary>
public sealed class ListingTests
{
    [Fact]
    public async Task The_first_list_takes_what_the_server_s_cache_holds_in_pages_of_500_and_the_watch_begins_at_its_revision()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();

        var list = Assert.Single(fixture.Tap.Lists);
        Assert.Equal(new ListRequest(ResourceVersion.Any, Match: null, Limit: 500), list);
        Assert.Equal("11", Assert.Single(fixture.Tap.Watches).ResourceVersion.ToString());
    }

    [Fact]
    public async Task A_relist_asks_for_the_last_revision_seen_and_for_no_pages()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        fixture.Server.Put("a", "2");
        await fixture.SeenAsync("+a", "~a");
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv=12 limit=0", "WATCH rv=12"], fixture.Requests);
    }

    [Theory]
    [InlineData("Expired")]
    [InlineData("Gone")]
    public async Task A_relist_refused_as_expired_is_repeated_as_a_consistent_read_and_the_next_one_asks_for_the_last_revision_again(
        string reason
    )
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.FailLists(Refusals.Api(410, reason, "too old resource version"));
        fixture.Expire(reason);
        await fixture.LiveAsync(watches: 2);
        fixture.Server.Put("a");
        await fixture.SeenAsync("+a");
        fixture.Expire(reason);
        await fixture.LiveAsync(watches: 3);

        Assert.Equal(
            [
                "LIST rv=0 limit=500",
                "WATCH rv=10",
                "LIST rv=10 limit=0",
                "LIST rv= limit=500",
                "WATCH rv=10",
                "LIST rv=11 limit=0",
                "WATCH rv=11",
            ],
            fixture.Requests
        );
    }

    [Fact]
    public async Task A_second_page_that_expired_leads_to_everything_in_one_answer_at_the_revision_first_asked_for()
    {
        await using var fixture = new InformerFixture();
        foreach (var name in new[] { "a", "b", "c" })
        {
            fixture.Server.Put(name);
        }

        fixture.Server.PageSize = 2;
        fixture.Server.OnRequest = request =>
        {
            if (request == "LIST continue=2")
            {
                fixture.Server.PageSize = 0;
                throw ApiErrors.Expired();
            }
        };
        await fixture.StartAsync();

        Assert.Equal(["LIST rv=0 limit=500", "LIST continue=2", "LIST rv=0 limit=0", "WATCH rv=13"], fixture.Requests);
        Assert.Equal(["a", "b", "c"], fixture.Names);
        Assert.Equal(["+a", "+b", "+c"], fixture.Seen.Order());
    }

    [Fact]
    public async Task What_was_deleted_between_an_expired_page_and_the_full_list_is_not_left_over()
    {
        await using var fixture = new InformerFixture();
        for (var i = 0; i < 200; i++)
        {
            fixture.Server.Put($"p{i:000}");
        }

        fixture.Server.PageSize = 150;
        fixture.Server.OnRequest = request =>
        {
            if (request == "LIST continue=150")
            {
                fixture.Server.PageSize = 0;
                fixture.Server.Delete("p000");
                throw ApiErrors.Expired();
            }
        };
        await fixture.StartAsync();

        Assert.Equal(199, fixture.Informer.Store.Count);
        Assert.DoesNotContain("p000", fixture.Names);
    }

    [Theory]
    [InlineData("cause type")]
    [InlineData("cause message")]
    [InlineData("message")]
    public async Task A_revision_too_large_for_the_server_leads_to_a_consistent_read_and_then_back_to_the_last_revision(string shape)
    {
        await using var fixture = new InformerFixture();
        await fixture.StartAsync();
        fixture.Server.FailLists(Refusals.TooLarge(shape));
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);
        fixture.Expire();
        await fixture.LiveAsync(watches: 3);

        Assert.Equal(
            [
                "LIST rv=0 limit=500",
                "WATCH rv=10",
                "LIST rv=10 limit=0",
                "LIST rv= limit=500",
                "WATCH rv=10",
                "LIST rv=10 limit=0",
                "WATCH rv=10",
            ],
            fixture.Requests
        );
    }

    [Fact]
    public async Task A_page_size_of_ones_own_is_asked_for_wherever_pages_are()
    {
        await using var fixture = new InformerFixture(new ReflectorOptions { PageSize = 7, ProofPatience = Timeout.InfiniteTimeSpan });
        fixture.Server.FailLists(ApiErrors.Expired());
        await fixture.StartAsync();
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);

        // A limit beside a revision would take the list past the server's cache to etcd (before 1.31).
        Assert.Equal(["LIST rv=0 limit=7", "LIST rv= limit=7", "WATCH rv=10", "LIST rv=10 limit=0", "WATCH rv=10"], fixture.Requests);
    }

    [Fact]
    public async Task Paged_answer_to_revision_zero_keeps_paging_for_good()
    {
        await using var fixture = new InformerFixture();
        foreach (var name in new[] { "a", "b", "c" })
        {
            fixture.Server.Put(name);
        }

        fixture.Server.PageSize = 2;
        await fixture.StartAsync();
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);

        // Pages for revision 0 mean a server without a watch cache: no limit would be a read of everything at once from
        // etcd.
        Assert.Equal(
            ["LIST rv=0 limit=500", "LIST continue=2", "WATCH rv=13", "LIST rv=13 limit=500", "LIST continue=2", "WATCH rv=13"],
            fixture.Requests
        );
    }

    [Fact]
    public async Task A_further_page_carries_its_token_and_limit_and_nothing_else()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.Put("b");
        fixture.Server.PageSize = 1;
        await fixture.StartAsync();

        Assert.Equal(new ListRequest(ResourceVersion.None, Match: null, Limit: 500, Continue: "1"), fixture.Tap.Lists.Last());
    }

    [Fact]
    public async Task Stopping_between_two_pages_asks_for_no_more()
    {
        await using var fixture = new InformerFixture();
        for (var i = 0; i < 5; i++)
        {
            fixture.Server.Put($"p{i}");
        }

        fixture.Server.PageSize = 1;
        fixture.Tap.AnswerList = async (request, _, cancellationToken) =>
            request.Continue == "2" ? await HangAsync(cancellationToken) : null;
        fixture.Informer.Start();
        await Vigia.Testing.Eventually.TrueAsync(() => fixture.Tap.Lists.Count == 3, "the third page is asked for");
        await fixture.Informer.DisposeAsync();

        Assert.Equal(3, fixture.Tap.Lists.Count);
        Assert.Empty(fixture.Tap.Watches);
        Assert.False(fixture.Informer.HasSynced);

        static async Task<ListPage> HangAsync(CancellationToken cancellationToken)
        {
            await Hanging.UntilCancelledAsync(cancellationToken);
            throw new InvalidOperationException("nobody ended the request");
        }
    }

    [Fact]
    public async Task A_list_that_fails_is_said_in_the_status_and_tried_again()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        fixture.Server.FailLists(Refusals.Internal());
        fixture.Informer.Start();
        await fixture.WaitingAsync(1);
        Assert.Equal((1, 1L), (fixture.Informer.Status.Failures, fixture.Informer.Status.Retries));
        Assert.Contains("etcdserver: request timed out", fixture.Informer.Freshness.Reason, StringComparison.Ordinal);
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 1);

        await fixture.SeenAsync("+a");
        Assert.Equal((0, null), (fixture.Informer.Status.Failures, fixture.Informer.Freshness.Reason));
    }

    [Fact]
    public async Task Whatever_a_list_throws_the_reflector_says_so_and_goes_on()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.FailLists(new InvalidOperationException("a bug in somebody's lister"));
        fixture.Informer.Start();
        await fixture.WaitingAsync(1);
        Assert.Equal("a bug in somebody's lister", fixture.Informer.Freshness.Reason);
        await fixture.GoOnAsync();

        await fixture.LiveAsync(watches: 1);
    }

    [Fact]
    public async Task A_table_instead_of_a_list_is_refused_and_said()
    {
        await using var fixture = new InformerFixture();
        var tables = 1;
        fixture.Tap.AnswerList = async (_, sink, cancellationToken) =>
            tables-- > 0
                ? await ReadAsync(
                    """{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"10"},"columnDefinitions":[],"rows":"""
                        + """[{"cells":["a"]}]}""",
                    sink,
                    cancellationToken
                )
                : null;
        fixture.Informer.Start();
        await fixture.WaitingAsync(1);
        Assert.Contains("kind 'Table'", fixture.Informer.Freshness.Reason, StringComparison.Ordinal);
        Assert.False(fixture.Informer.HasSynced);
        Assert.Equal(1, fixture.Informer.Counters.Undecodable);
        await fixture.GoOnAsync();

        await fixture.LiveAsync(watches: 1);
    }

    [Fact]
    public async Task Nothing_of_a_list_s_body_is_kept_alive_by_its_items()
    {
        await using var fixture = new InformerFixture();
        WeakReference? body = null;
        fixture.Tap.AnswerList = async (_, sink, cancellationToken) =>
            await ReadAsync(
                """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[{"metadata":"""
                    + """{"name":"a","namespace":"default","uid":"u","resourceVersion":"9"}}]}""",
                sink,
                cancellationToken,
                bytes => body = new WeakReference(bytes)
            );
        await fixture.StartAsync();
        Collect();

        Assert.Equal(["a"], fixture.Names);
        Assert.False(body!.IsAlive);
    }

    [Fact]
    public async Task A_relist_of_what_is_held_already_delivers_nothing_and_keeps_the_very_same_objects()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        await fixture.StartAsync();
        await fixture.SeenAsync("+a");
        var held = Assert.Single(fixture.Informer.Store.List());
        fixture.Expire();
        await fixture.LiveAsync(watches: 2);

        Assert.Same(held, Assert.Single(fixture.Informer.Store.List()));
        Assert.Equal(["+a"], fixture.Seen);
        Assert.Equal(2, fixture.Informer.Status.Lists);
    }

    [Fact]
    public async Task A_first_list_that_broke_off_is_repeated_not_older_than_what_it_had_brought()
    {
        await using var fixture = new InformerFixture();
        for (var i = 0; i < 100; i++)
        {
            fixture.Server.Put($"p{i:000}");
        }

        // The second answer could come from a replica that lags behind the first: what was shown would be taken back.
        fixture.Server.PageSize = 80;
        fixture.Server.OnRequest = request =>
        {
            if (request == "LIST continue=80")
            {
                fixture.Server.OnRequest = null;
                throw new IOException("cut");
            }
        };
        fixture.Informer.Start();
        await fixture.WaitingAsync(1);
        Assert.True(fixture.Informer.Store.Count is >= 64 and <= 80);
        await fixture.GoOnAsync();
        await fixture.LiveAsync(watches: 1);

        Assert.Equal(100, fixture.Informer.Store.Count);
        Assert.InRange(
            int.Parse(fixture.Tap.Lists.ElementAt(2).ResourceVersion.ToString(), System.Globalization.CultureInfo.InvariantCulture),
            74,
            90
        );
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<ListPage> ReadAsync(
        string json,
        IListSink sink,
        CancellationToken cancellationToken,
        Action<byte[]>? made = null
    )
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        made?.Invoke(bytes);
        await using var stream = new MemoryStream(bytes);
        using var body = new BodyBuffer(stream, 1 << 20);
        return await new ListDecoder(new ObjectDecoder(), sink).ReadAsync(body, cancellationToken);
    }
}
