using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Readme;

/// <summary>
/// The operator that the README's example tests: it knows nothing of the simulator, only a kubeconfig. It marks Teams
/// as ready.
/// </summary>
internal static class TeamOperator
{
    public static async Task RunAsync(string kubeconfig, CancellationToken stop)
    {
        await using var client = new KubernetesClient(KubeconfigLoader.Load(kubeconfig));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(client, stop);
            }
            catch (Exception e) when (e is IOException or JsonException)
            {
                // The stream broke: from the start again, which tells every object once more.
            }
        }
    }

    private static async Task WatchAsync(KubernetesClient client, CancellationToken stop)
    {
        using var response = await client.SendAsync(
            HttpMethod.Get,
            "/apis/example.com/v1/teams?watch=true",
            timeout: Timeout.InfiniteTimeSpan,
            ct: stop
        );
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
        while (await lines.ReadLineAsync(stop) is { } line)
        {
            using var change = JsonDocument.Parse(line);
            var team = change.RootElement.GetProperty("object");
            var (ns, name) = (
                team.GetProperty("metadata").GetProperty("namespace").GetString(),
                team.GetProperty("metadata").GetProperty("name").GetString()
            );
            if (change.RootElement.GetProperty("type").GetString() != "DELETED" && !team.TryGetProperty("status", out _))
            {
                await client.SendBytesAsync(
                    HttpMethod.Patch,
                    $"/apis/example.com/v1/namespaces/{ns}/teams/{name}/status",
                    """{"status":{"ready":true}}"""u8.ToArray(),
                    "application/merge-patch+json",
                    stop
                );
            }
        }
    }
}
