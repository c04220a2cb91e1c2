using System.Text;
using System.Text.Json.Nodes;
using Vigia.Controllers;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Recording;

/// <summary>
/// Against an API server that is not ours; runs where <c>VIGIA_REAL_KUBECONFIG</c> names a kubeconfig whose current
/// context may make namespaces.
/// </summary>
public sealed class RealServerRecordingTests
{
    [Fact]
    public async Task Takes_events_counts_and_folded_ones()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");
        Assert.SkipUnless(kubeconfig is { Length: > 0 }, "VIGIA_REAL_KUBECONFIG names no kubeconfig");
        await using var client = new KubernetesClient(KubeconfigLoader.Load(kubeconfig));
        var ns = $"vigia-recording-{Environment.ProcessId}";
        await client.SendBytesAsync(
            HttpMethod.Post,
            "/api/v1/namespaces",
            Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{ns}}"} }""")
        );
        try
        {
            var recorder = new EventRecorder(new KubernetesEventSink(client), new EventRecorderOptions { Component = "vigia-test" });
            await using (recorder)
            {
                var subject = new EventSubject("v1", "Pod", ns, "web-1", "uid-1", "1", "spec.containers{web}");
                for (var i = 0; i < 3; i++)
                {
                    recorder.Record(subject, EventType.Warning, "BackOff", "restarting");
                    recorder.Record(
                        subject with
                        {
                            Kind = "Role",
                            Name = "system:controller:Foo",
                        },
                        EventType.Normal,
                        "Bound",
                        "a name no event may have"
                    );
                }

                for (var i = 1; i <= 12; i++)
                {
                    recorder.Record(subject, EventType.Normal, "Probed", $"probe {i}");
                }
            }

            Assert.Equal(new EventRecorderCounts(Given: 18, Written: 18, Suppressed: 0, Failed: 0, Dropped: 0), recorder.Counts);
            var list = JsonNode.Parse(await client.GetBytesAsync($"/api/v1/namespaces/{ns}/events"))!["items"]!.AsArray();
            var counts = list.GroupBy(item => (string)item!["reason"]!)
                .ToDictionary(group => group.Key, group => string.Join(' ', group.Select(item => (int)item!["count"]!).Order()));
            Assert.Equal(
                new()
                {
                    ["BackOff"] = "3",
                    ["Bound"] = "3",
                    ["Probed"] = "1 1 1 1 1 1 1 1 1 3",
                },
                counts
            );
        }
        finally
        {
            (await client.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}")).Dispose();
        }
    }
}
