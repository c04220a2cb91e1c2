using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace Vigia.Bench.Access;

/// <summary>The callers of <c>access-storm</c>.</summary>
internal sealed class StormClients(Uri gateway, string[] resources) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 10_000 });
    private readonly HttpClient _honest = new();

    /// <summary>How the others were answered: who, and the status.</summary>
    public ConcurrentDictionary<string, int> Statuses { get; } = new(StringComparer.Ordinal);

    /// <summary>Waits until the honest caller sees her pod.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await AskAsync(_honest, "api/v1/pods?namespace=n0", "anna-token", cancellationToken) == 200)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Asks every 50 ms for her own pods.</summary>
    public async Task<object> HonestAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var (began, took, statuses) = (Stopwatch.GetTimestamp(), new List<double>(), new Dictionary<int, int>());
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            var asked = Stopwatch.GetTimestamp();
            var status = await AskAsync(_honest, "api/v1/pods?namespace=n0", "anna-token", cancellationToken);
            took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        took.Sort();
        return new
        {
            requests = took.Count,
            p50 = Math.Round(took[took.Count / 2], 1),
            p99 = Math.Round(took[took.Count * 99 / 100], 1),
            worst = Math.Round(took[^1], 1),
            statuses,
        };
    }

    /// <summary>Sends wrong tokens, each another, of up to 16,000 characters.</summary>
    public Task WrongAsync(int number, CancellationToken cancellationToken) =>
        LoopAsync(
            "wrong",
            i =>
                (
                    "api/v1/pods",
                    string.Create(CultureInfo.InvariantCulture, $"wrong-{number}-{i}-{new string('x', (number + i) % 16 * 1000)}")
                ),
            cancellationToken
        );

    /// <summary>
    /// A known caller without any right: every resource, a thousand names at a time, names of objects, streams.
    /// </summary>
    public Task GreedyAsync(int number, CancellationToken cancellationToken) =>
        LoopAsync(
            "greedy",
            i =>
                (
                    ((number + i) % 5) switch
                    {
                        0 => $"api/v1/{Resource(i)}",
                        1 => $"api/v1/{Resource(i)}/stream",
                        2 => $"api/v1/pods?namespace={string.Join(',', Enumerable.Range(0, 1000).Select(n => $"x{i}y{n}"))}",
                        3 => $"kubernetes/sim/api/v1/namespaces/n{i % 50}/pods/{Guid.NewGuid():N}",
                        _ => "api/v1/stats/overview",
                    },
                    "nobody-token"
                ),
            cancellationToken
        );

    public void Dispose()
    {
        _http.Dispose();
        _honest.Dispose();
    }

    private string Resource(int i) => resources[i % resources.Length];

    private async Task LoopAsync(string who, Func<int, (string Path, string Token)> next, CancellationToken cancellationToken)
    {
        await Task.Yield();
        for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            var (path, token) = next(i);
            try
            {
                var status = await AskAsync(_http, path, token, cancellationToken);
                Statuses.AddOrUpdate(string.Create(CultureInfo.InvariantCulture, $"{who} {status}"), 1, static (_, count) => count + 1);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (HttpRequestException)
            {
                Statuses.AddOrUpdate($"{who} cut", 1, static (_, count) => count + 1);
            }
        }
    }

    private async Task<int> AskAsync(HttpClient http, string path, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            await response.Content.CopyToAsync(Stream.Null, cancellationToken);
        }

        return (int)response.StatusCode;
    }
}
