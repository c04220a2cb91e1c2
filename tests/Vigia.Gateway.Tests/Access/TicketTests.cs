using System.Net;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Live.Queries;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

public sealed class TicketTests
{
    private static readonly Caller Anna = new("anna", "", [], CallerRights.Everything);

    private static readonly TicketPurpose Pods = TicketPurpose.Parse("/api/v1/pods/stream");

    private static HttpRequest Request(string path = "/api/v1/pods/stream", string query = "")
    {
        var request = new DefaultHttpContext().Request;
        (request.Path, request.QueryString) = (path, new QueryString(query));
        return request;
    }

    [Theory]
    [InlineData("/api/v1/pods/stream", "/api/v1/pods/stream", "?ticket=x&namespace=a&lastEventId=1", true)]
    [InlineData("/api/v1/pods/stream", "/api/v1/secrets/stream", "", false)]
    [InlineData("/api/v1/pods/stream?namespace=a", "/api/v1/pods/stream", "?namespace=a&ticket=x", true)]
    [InlineData("/api/v1/pods/stream?namespace=a", "/api/v1/pods/stream", "?namespace=b&ticket=x", false)]
    [InlineData("/api/v1/pods/stream?namespace=a", "/api/v1/pods/stream", "?ticket=x", false)]
    [InlineData("/api/v1/pods/stream?namespace=a", "/api/v1/pods/stream", "?namespace=a&namespace=b", false)]
    [InlineData("/api/v1/ws?cluster=prod", "/api/v1/ws", "?cluster=prod", true)]
    [InlineData("/api/v1/ws?cluster=prod", "/api/v1/ws", "?cluster=dev", false)]
    public void A_ticket_is_good_for_the_stream_that_it_was_got_for(string purpose, string path, string query, bool isGood)
    {
        var office = new StreamTicketStore(new AccessOptions(), new ManualTimeProvider());
        var (text, _) = office.Issue(Anna, TicketPurpose.Parse(purpose))!.Value;
        Assert.Equal(isGood, office.Redeem(text, Request(path, query)) is not null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("api/v1/pods/stream")]
    [InlineData("/api/v1/pods")]
    [InlineData("/api/v1/tickets")]
    [InlineData("https://elsewhere.example/api/v1/pods/stream")]
    public void A_ticket_is_for_streams_only(string purpose) =>
        Assert.Contains("stream", Assert.Throws<QueryException>(() => TicketPurpose.Parse(purpose)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_ticket_is_good_once()
    {
        var office = new StreamTicketStore(new AccessOptions(), new ManualTimeProvider());
        var (text, _) = office.Issue(Anna, Pods)!.Value;

        Assert.Same(Anna, office.Redeem(text, Request()));
        Assert.Null(office.Redeem(text, Request()));
    }

    [Fact]
    public void A_ticket_ends_after_thirty_seconds()
    {
        var time = new ManualTimeProvider();
        var office = new StreamTicketStore(new AccessOptions(), time);
        var (early, expires) = office.Issue(Anna, Pods)!.Value;
        var (late, _) = office.Issue(Anna, Pods)!.Value;
        Assert.Equal(time.GetUtcNow() + TimeSpan.FromSeconds(30), expires);

        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Same(Anna, office.Redeem(early, Request()));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(office.Redeem(late, Request()));
    }

    [Fact]
    public void Tickets_that_nobody_uses_are_bounded_per_caller_and_forgotten()
    {
        var time = new ManualTimeProvider();
        var office = new StreamTicketStore(new AccessOptions { MaxTicketsPerCaller = 2 }, time);
        var ben = new Caller("ben", "", [], CallerRights.Everything);
        Assert.NotNull(office.Issue(Anna, Pods));
        Assert.NotNull(office.Issue(Anna, Pods));
        Assert.Null(office.Issue(Anna, Pods));
        Assert.NotNull(office.Issue(ben, Pods));

        time.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull(office.Issue(ben, Pods));
        Assert.Equal(1, office.Outstanding);
    }

    [Fact]
    public async Task Of_two_who_bring_the_same_ticket_one_gets_in()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var ticket = await fixture.TicketAsync("anna-token");

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async _ =>
                {
                    using var response = await fixture.SendAsync(
                        $"api/v1/pods/stream?ticket={ticket}",
                        null,
                        completion: HttpCompletionOption.ResponseHeadersRead
                    );
                    return response.StatusCode;
                })
        );

        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(3, answers.Count(status => status == HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task A_browser_comes_back_with_another_ticket_and_its_last_event_id()
    {
        await using var fixture = await AccessFixture.StartAsync();
        string cursor;
        await using (var first = await fixture.StreamAsync("anna-token"))
        {
            await first.SyncedAsync();
            cursor = first.LastId;
        }

        fixture.Inner.Put("a3", "team-a");
        await using var second = await fixture.StreamAsync("anna-token", $"api/v1/pods/stream?lastEventId={Uri.EscapeDataString(cursor)}");
        await second.StoryAsync("+a3");
    }
}
