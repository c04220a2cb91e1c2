using System.Runtime.CompilerServices;
using System.Text;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// What a reflector asks for when it lists, and what it makes of the answers (docs/conformance.md 1 to 12, 24, 25, 29, 30, 141).
/// </summary>
public sealed class ListingTests
{
    [Fact]
    public async Task The_first_list_takes_what_the_server_s_cache_holds_in_pages_of_500_and_the_watch_begins_at_its_revision()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();

        var list = Assert.Single(rig.Tap.Lists);
        Assert.Equal(new ListRequest(ResourceVersion.Any, Match: null, Limit: 500), list);
        Assert.Equal("11", Assert.Single(rig.Tap.Watches).ResourceVersion.ToString());
    }

    [Fact]
    public async Task A_relist_asks_for_the_last_revision_seen_and_for_no_pages()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        rig.Server.Put("a", "2");
        await rig.SeenAsync("+a", "~a");
        rig.Expire();
        await rig.LiveAsync(watches: 2);

        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=11", "LIST rv=12 limit=0", "WATCH rv=12"], rig.Requests);
    }

    [Theory]
    [InlineData("Expired")]
    [InlineData("Gone")]
    public async Task A_relist_refused_as_expired_is_repeated_as_a_consistent_read_and_the_next_one_asks_for_the_last_revision_again(
        string reason
    )
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        rig.Server.FailLists(Refusals.Api(410, reason, "too old resource version"));
        rig.Expire(reason);
        await rig.LiveAsync(watches: 2);
        rig.Server.Put("a");
        await rig.SeenAsync("+a");
        rig.Expire(reason);
        await rig.LiveAsync(watches: 3);

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
            rig.Requests
        );
    }

    [Fact]
    public async Task A_second_page_that_expired_leads_to_everything_in_one_answer_at_the_revision_first_asked_for()
    {
        await using var rig = new InformerRig();
        foreach (var name in new[] { "a", "b", "c" })
        {
            rig.Server.Put(name);
        }

        rig.Server.PageSize = 2;
        rig.Server.OnRequest = request =>
        {
            if (request == "LIST continue=2")
            {
                rig.Server.PageSize = 0;
                throw ApiErrors.Expired();
            }
        };
        await rig.StartAsync();

        Assert.Equal(["LIST rv=0 limit=500", "LIST continue=2", "LIST rv=0 limit=0", "WATCH rv=13"], rig.Requests);
        Assert.Equal(["a", "b", "c"], rig.Names);
        Assert.Equal(["+a", "+b", "+c"], rig.Seen.Order());
    }

    [Fact]
    public async Task What_was_deleted_between_an_expired_page_and_the_full_list_is_not_left_over()
    {
        await using var rig = new InformerRig();
        for (var i = 0; i < 200; i++)
        {
            rig.Server.Put($"p{i:000}");
        }

        rig.Server.PageSize = 150;
        rig.Server.OnRequest = request =>
        {
            if (request == "LIST continue=150")
            {
                rig.Server.PageSize = 0;
                rig.Server.Delete("p000");
                throw ApiErrors.Expired();
            }
        };
        await rig.StartAsync();

        Assert.Equal(199, rig.Informer.Store.Count);
        Assert.DoesNotContain("p000", rig.Names);
    }

    [Theory]
    [InlineData("cause type")]
    [InlineData("cause message")]
    [InlineData("message")]
    public async Task A_revision_too_large_for_the_server_leads_to_a_consistent_read_and_then_back_to_the_last_revision(string shape)
    {
        await using var rig = new InformerRig();
        await rig.StartAsync();
        rig.Server.FailLists(Refusals.TooLarge(shape));
        rig.Expire();
        await rig.LiveAsync(watches: 2);
        rig.Expire();
        await rig.LiveAsync(watches: 3);

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
            rig.Requests
        );
    }

    [Fact]
    public async Task A_page_size_of_ones_own_is_asked_for_wherever_pages_are()
    {
        await using var rig = new InformerRig(new ReflectorOptions { PageSize = 7, ProofPatience = Timeout.InfiniteTimeSpan });
        rig.Server.FailLists(ApiErrors.Expired());
        await rig.StartAsync();
        rig.Expire();
        await rig.LiveAsync(watches: 2);

        // A limit beside a revision would take the list past the server's cache to etcd (before 1.31).
        Assert.Equal(["LIST rv=0 limit=7", "LIST rv= limit=7", "WATCH rv=10", "LIST rv=10 limit=0", "WATCH rv=10"], rig.Requests);
    }

    [Fact]
    public async Task Paged_answer_to_revision_zero_keeps_paging_for_good()
    {
        await using var rig = new InformerRig();
        foreach (var name in new[] { "a", "b", "c" })
        {
            rig.Server.Put(name);
        }

        rig.Server.PageSize = 2;
        await rig.StartAsync();
        rig.Expire();
        await rig.LiveAsync(watches: 2);

        // Pages for revision 0 mean a server without a watch cache: no limit would be a read of everything at once from etcd.
        Assert.Equal(
            ["LIST rv=0 limit=500", "LIST continue=2", "WATCH rv=13", "LIST rv=13 limit=500", "LIST continue=2", "WATCH rv=13"],
            rig.Requests
        );
    }

    [Fact]
    public async Task A_further_page_carries_its_token_and_limit_and_nothing_else()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        rig.Server.Put("b");
        rig.Server.PageSize = 1;
        await rig.StartAsync();

        Assert.Equal(new ListRequest(ResourceVersion.None, Match: null, Limit: 500, Continue: "1"), rig.Tap.Lists.Last());
    }

    [Fact]
    public async Task Stopping_between_two_pages_asks_for_no_more()
    {
        await using var rig = new InformerRig();
        for (var i = 0; i < 5; i++)
        {
            rig.Server.Put($"p{i}");
        }

        rig.Server.PageSize = 1;
        rig.Tap.AnswerList = async (request, _, cancellationToken) => request.Continue == "2" ? await HangAsync(cancellationToken) : null;
        rig.Informer.Start();
        await Vigia.Testing.Eventually.TrueAsync(() => rig.Tap.Lists.Count == 3, "the third page is asked for");
        await rig.Informer.DisposeAsync();

        Assert.Equal(3, rig.Tap.Lists.Count);
        Assert.Empty(rig.Tap.Watches);
        Assert.False(rig.Informer.HasSynced);

        static async Task<ListPage> HangAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("nobody ended the request");
        }
    }

    [Fact]
    public async Task A_list_that_fails_is_said_in_the_status_and_tried_again()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        rig.Server.FailLists(Refusals.Internal());
        rig.Informer.Start();
        await rig.WaitingAsync(1);
        Assert.Equal((1, 1L), (rig.Informer.Status.Failures, rig.Informer.Status.Retries));
        Assert.Contains("etcdserver: request timed out", rig.Informer.Freshness.Reason, StringComparison.Ordinal);
        await rig.GoOnAsync();
        await rig.LiveAsync(watches: 1);

        await rig.SeenAsync("+a");
        Assert.Equal((0, null), (rig.Informer.Status.Failures, rig.Informer.Freshness.Reason));
    }

    [Fact]
    public async Task Whatever_a_list_throws_the_reflector_says_so_and_goes_on()
    {
        await using var rig = new InformerRig();
        rig.Server.FailLists(new InvalidOperationException("a bug in somebody's lister"));
        rig.Informer.Start();
        await rig.WaitingAsync(1);
        Assert.Equal("a bug in somebody's lister", rig.Informer.Freshness.Reason);
        await rig.GoOnAsync();

        await rig.LiveAsync(watches: 1);
    }

    [Fact]
    public async Task A_table_instead_of_a_list_is_refused_and_said()
    {
        await using var rig = new InformerRig();
        var tables = 1;
        rig.Tap.AnswerList = async (_, sink, cancellationToken) =>
            tables-- > 0
                ? await ReadAsync(
                    """{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"10"},"columnDefinitions":[],"rows":"""
                        + """[{"cells":["a"]}]}""",
                    sink,
                    cancellationToken
                )
                : null;
        rig.Informer.Start();
        await rig.WaitingAsync(1);
        Assert.Contains("kind 'Table'", rig.Informer.Freshness.Reason, StringComparison.Ordinal);
        Assert.False(rig.Informer.HasSynced);
        Assert.Equal(1, rig.Informer.Counters.Undecodable);
        await rig.GoOnAsync();

        await rig.LiveAsync(watches: 1);
    }

    [Fact]
    public async Task Nothing_of_a_list_s_body_is_kept_alive_by_its_items()
    {
        await using var rig = new InformerRig();
        WeakReference? body = null;
        rig.Tap.AnswerList = async (_, sink, cancellationToken) =>
            await ReadAsync(
                """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[{"metadata":"""
                    + """{"name":"a","namespace":"default","uid":"u","resourceVersion":"9"}}]}""",
                sink,
                cancellationToken,
                bytes => body = new WeakReference(bytes)
            );
        await rig.StartAsync();
        Collect();

        Assert.Equal(["a"], rig.Names);
        Assert.False(body!.IsAlive);
    }

    [Fact]
    public async Task A_relist_of_what_is_held_already_delivers_nothing_and_keeps_the_very_same_objects()
    {
        await using var rig = new InformerRig();
        rig.Server.Put("a");
        await rig.StartAsync();
        await rig.SeenAsync("+a");
        var held = Assert.Single(rig.Informer.Store.List());
        rig.Expire();
        await rig.LiveAsync(watches: 2);

        Assert.Same(held, Assert.Single(rig.Informer.Store.List()));
        Assert.Equal(["+a"], rig.Seen);
        Assert.Equal(2, rig.Informer.Status.Lists);
    }

    [Fact]
    public async Task A_first_list_that_broke_off_is_repeated_not_older_than_what_it_had_brought()
    {
        await using var rig = new InformerRig();
        for (var i = 0; i < 100; i++)
        {
            rig.Server.Put($"p{i:000}");
        }

        // The second answer could come from a replica that lags behind the first: what was shown would be taken back.
        rig.Server.PageSize = 80;
        rig.Server.OnRequest = request =>
        {
            if (request == "LIST continue=80")
            {
                rig.Server.OnRequest = null;
                throw new IOException("cut");
            }
        };
        rig.Informer.Start();
        await rig.WaitingAsync(1);
        Assert.True(rig.Informer.Store.Count is >= 64 and <= 80);
        await rig.GoOnAsync();
        await rig.LiveAsync(watches: 1);

        Assert.Equal(100, rig.Informer.Store.Count);
        Assert.InRange(
            int.Parse(rig.Tap.Lists.ElementAt(2).ResourceVersion.ToString(), System.Globalization.CultureInfo.InvariantCulture),
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
