using System.Text.Json.Nodes;
using Vigia.Controllers;
using Vigia.Informers.Tests.Election;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Recording;

/// <summary>What goes over the wire.</summary>
public sealed class KubernetesEventSinkTests : IAsyncDisposable
{
    private readonly HttpObjectServer _server = new();
    private readonly SkewedClock _clock = new(new VirtualWorld());

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Writes_a_core_event_and_patches_its_count()
    {
        var pod = RawObject.Parse(
            """{"apiVersion":"v1","kind":"Pod","metadata":"""u8
                + """{"namespace":"shop","name":"web-1","uid":"6f7a2b1c-0000-4000-8000-000000000001","resourceVersion":"42"}}"""u8
        );
        await using (
            var recorder = new EventRecorder(
                new KubernetesEventSink(_server.Client()),
                new EventRecorderOptions { Component = "operator", Instance = "operator-0" },
                _clock
            )
        )
        {
            var subject = EventSubject.Of(pod, "spec.containers{web}");
            recorder.Record(subject, EventType.Warning, "BackOff", "restarting", new Dictionary<string, string> { ["a"] = "b" });
            recorder.Record(subject, EventType.Warning, "BackOff", "restarting");
        }

        Assert.Equal(["POST", "PATCH"], _server.Requests.Select(request => request.Verb));
        Assert.Equal("/api/v1/namespaces/shop/events", _server.Requests[0].Path);
        var (path, made) = Assert.Single(_server.Objects);
        Assert.StartsWith("/api/v1/namespaces/shop/events/web-1.", path, StringComparison.Ordinal);
        Assert.Equal("""{"message":"restarting","lastTimestamp":"2026-11-21T00:00:00Z","count":2}""", _server.Requests[1].Body);
        made["metadata"]!.AsObject().Remove("name");
        made["metadata"]!.AsObject().Remove("resourceVersion");
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(
                    """
                    {"apiVersion":"v1","kind":"Event","metadata":{"namespace":"shop","annotations":{"a":"b"}},
                     "involvedObject":{"apiVersion":"v1","kind":"Pod","namespace":"shop","name":"web-1",
                     "uid":"6f7a2b1c-0000-4000-8000-000000000001","resourceVersion":"42","fieldPath":"spec.containers{web}"},
                     "reason":"BackOff","message":"restarting","source":{"component":"operator","host":"operator-0"},
                     "firstTimestamp":"2026-11-21T00:00:00Z","lastTimestamp":"2026-11-21T00:00:00Z","count":2,"type":"Warning",
                     "reportingComponent":"operator","reportingInstance":"operator-0"}
                    """
                ),
                made
            ),
            made.ToJsonString()
        );
    }

    [Fact]
    public async Task Events_about_objects_of_the_cluster_stand_in_default()
    {
        await using (
            var recorder = new EventRecorder(
                new KubernetesEventSink(_server.Client()),
                new EventRecorderOptions { Component = "operator" },
                _clock
            )
        )
        {
            recorder.Record(new EventSubject("v1", "Node", "", "node-1"), EventType.Normal, "Rebooted", "it was");
        }

        Assert.Equal("/api/v1/namespaces/default/events", Assert.Single(_server.Requests).Path);
    }
}
