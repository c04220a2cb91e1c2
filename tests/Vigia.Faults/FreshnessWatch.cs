using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Vigia.Faults;

/// <summary>What a replica shows, looked at ten times a second: the status page and a list.</summary>
internal sealed class FreshnessWatch(FaultRun run, Replica replica) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<FreshnessLook> _looks = [];
    private Task _loops = Task.CompletedTask;

    public Replica Replica => replica;

    /// <summary>The looks so far.</summary>
    public IReadOnlyList<FreshnessLook> Looks
    {
        get
        {
            lock (_looks)
            {
                return [.. _looks];
            }
        }
    }

    /// <summary>True where the latest look at each page said live.</summary>
    public bool IsLive
    {
        get
        {
            lock (_looks)
            {
                return _looks.FindLast(look => look.Page == "status") is { Shown: "live" }
                    && _looks.FindLast(look => look.Page == "list") is { Shown: "live" };
            }
        }
    }

    public void Start() =>
        _loops = Task.WhenAll(
            Task.Run(() =>
                LoopAsync(
                    "status",
                    "api/v1/status",
                    body =>
                        body["clusters"]
                            ?[0]?["resources"]?.AsArray()
                            .FirstOrDefault(feed => (string?)feed!["resource"] == "pods")
                            ?["freshness"],
                    _stopping.Token
                )
            ),
            Task.Run(() =>
                LoopAsync("list", $"api/v1/pods?namespace={run.Server.Namespace}&limit=1", body => body["freshness"], _stopping.Token)
            )
        );

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loops;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task LoopAsync(string page, string path, Func<JsonNode, JsonNode?> freshness, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var begun = run.Now;
            var (shown, reason) = await LookAsync(path, freshness, stopping);
            lock (_looks)
            {
                if (!stopping.IsCancellationRequested)
                {
                    _looks.Add(new FreshnessLook(begun, run.Now, page, shown, reason));
                }
            }

            await Task.Delay(Pause, TimeProvider.System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(string Shown, string? Reason)> LookAsync(
        string path,
        Func<JsonNode, JsonNode?> freshness,
        CancellationToken stopping
    )
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(replica.Address, path));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", run.TokenOf("admin"));
            using var response = await run.Http.SendAsync(request, stopping);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(stopping))!;
            return response.IsSuccessStatusCode
                ? ((string?)freshness(body)?["state"] ?? "nothing", (string?)freshness(body)?["reason"])
                : ($"{(int)response.StatusCode}", (string?)body["error"]);
        }
        catch (Exception gone)
            when (gone is HttpRequestException or IOException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return ("gone", gone.Message);
        }
    }
}

/// <summary>One look.</summary>
/// <param name="Begun">When it was asked, in seconds since the run began.</param>
/// <param name="At">When it was answered.</param>
/// <param name="Page"><c>status</c> or <c>list</c>.</param>
/// <param name="Shown"><c>live</c>, <c>stale</c>, an HTTP status, or <c>gone</c>.</param>
/// <param name="Reason">Why, in the gateway's words.</param>
internal sealed record FreshnessLook(double Begun, double At, string Page, string Shown, string? Reason);
