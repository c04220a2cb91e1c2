using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Protobuf;
using Vigia.Simulator.Protobuf;
using static Vigia.Kubernetes.Tests.Protobuf.ProtoSamples;

namespace Vigia.Kubernetes.Tests.Protobuf;

public sealed class TranscodingTests
{
    [Fact]
    public void Recorded_pods_are_the_same_objects_in_either_form()
    {
        var decoder = Decoder();
        Assert.All(Pods, pod => AssertSame(RawObject.Parse(Utf8(pod)), decoder.DecodeEnvelope(Envelope(pod))));
    }

    [Theory]
    [InlineData(
        """{"kind":"Service","apiVersion":"v1","metadata":{"name":"a","creationTimestamp":null},"spec":{"ports":[{"port":80"""
            + ""","targetPort":"web"},{"port":443,"targetPort":8443,"nodePort":30000}],"publishNotReadyAddresses":true},"status":"""
            + """{"loadBalancer":{}}}"""
    )]
    [InlineData(
        """{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","creationTimestamp":"2026-01-02T03:04:05Z"},"data":"""
            + """{"a":"AAEC/w==","empty":""},"type":"Opaque","immutable":false}"""
    )]
    [InlineData(
        """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","creationTimestamp":null,"annotations":"""
            + """{"q":"a\"b\\c/\n\r\t\u0001 \u2028 é 漢字 🚀","":""}},"data":{"k":"<a href='x'>&amp;"},"binaryData":{"b":"aGk="}}"""
    )]
    [InlineData(
        """{"kind":"Event","apiVersion":"v1","metadata":{"name":"a","creationTimestamp":null},"involvedObject":{"kind":"Pod"},"source":"""
            + """{},"firstTimestamp":null,"lastTimestamp":null"""
            + ""","eventTime":"2026-01-02T03:04:05.000006Z","reportingComponent":"","reportingInstance":""}"""
    )]
    [InlineData(
        """{"kind":"Event","apiVersion":"v1","metadata":{"name":"a","creationTimestamp":null},"involvedObject":{},"source":"""
            + """{"component":"c"},"firstTimestamp":"1969-12-31T23:59:59Z","lastTimestamp":"9999-12-31T23:59:59Z","eventTime":null"""
            + ""","count":-3,"reportingComponent":"","reportingInstance":""}"""
    )]
    [InlineData(
        """{"kind":"Node","apiVersion":"v1","metadata":{"name":"a","creationTimestamp":null},"spec":{},"status":{"capacity":"""
            + """{"cpu":"1500m","memory":"0"},"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},"nodeInfo":"""
            + """{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","""
            + "\"kubeletVersion\":\"\",\"kubeProxyVersion\":\"\",\"operatingSystem\":\"linux\",\"architecture\":\"amd64\"}}}"
    )]
    [InlineData(
        """{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a","generation":3,"creationTimestamp":null},"spec":"""
            + """{"replicas":0,"selector":{},"template":{"metadata":{"creationTimestamp":null,"managedFields":"""
            + """[{"manager":"m","operation":"Update","fieldsV1":{"f:a":{}}}]},"spec":{"containers":null}},"strategy":"""
            + """{"rollingUpdate":{"maxUnavailable":"25%","maxSurge":1}},"paused":true},"status":{}}"""
    )]
    [InlineData(
        """{"kind":"StatefulSet","apiVersion":"apps/v1","metadata":{"name":"a","creationTimestamp":null,"managedFields":"""
            + """[{"manager":"cut"}]},"spec":{"selector":null,"template":{"metadata":{"creationTimestamp":null},"spec":"""
            + """{"containers":null}},"volumeClaimTemplates":[{"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":"""
            + """{"name":"c","creationTimestamp":null,"managedFields":[{"manager":"kept"}]},"spec":{"resources":{"requests":"""
            + """{"storage":"1Gi"}}},"status":{}}],"serviceName":"","updateStrategy":{}},"status":{"replicas":0}}"""
    )]
    [InlineData(
        """{"kind":"CronJob","apiVersion":"batch/v1","metadata":{"name":"a","creationTimestamp":null},"spec":{"schedule":"* * * * """
            + """*","suspend":false,"jobTemplate":{"metadata":{"creationTimestamp":null},"spec":{"template":{"metadata":"""
            + """{"creationTimestamp":null},"spec":{"containers":null}}}}},"status":{"lastScheduleTime":"2026-01-02T03:04:00Z"}}"""
    )]
    [InlineData(
        """{"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"a","creationTimestamp":null},"spec":{"rules":"""
            + """[{"host":"h","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"s","port":"""
            + """{"number":80}}}}]}}]},"status":{"loadBalancer":{}}}"""
    )]
    [InlineData(
        """{"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v2","metadata":{"name":"a","creationTimestamp":null},"spec":"""
            + """{"scaleTargetRef":{"kind":"Deployment","name":"d"},"minReplicas":1,"maxReplicas":3,"metrics":"""
            + """[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]},"status":"""
            + """{"desiredReplicas":0,"currentMetrics":null}}"""
    )]
    [InlineData(
        """{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"a\\b","uid":"u\\u0041","labels":"""
            + """{"k":"v\\n","é":"ü"},"creationTimestamp":null,"ownerReferences":"""
            + """[{"apiVersion":"v1","kind":"Node","name":"n\\","uid":"\\"}],"managedFields":"""
            + """[{"manager":"m\\","operation":"Update","time":"2026-01-02T03:04:05Z"}]},"spec":"""
            + """{"holderIdentity":"","renewTime":"1969-12-31T23:59:59.500000Z"}}"""
    )]
    [InlineData(
        """{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","creationTimestamp":null,"labels":"""
            + """{"b":"c"},"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u","controller":false}]}}"""
    )]
    public void Kinds_and_their_odd_values_are_the_same_in_either_form(string json) =>
        AssertSame(RawObject.Parse(Encoding.UTF8.GetBytes(json)), Decoder().DecodeEnvelope(Envelope(JsonNode.Parse(json)!.AsObject())));

    [Fact]
    public void Every_kind_of_the_catalog_is_known_and_its_tables_can_be_read()
    {
        Assert.All(BuiltInSchema.Kinds, kind => Assert.NotNull(BuiltInSchema.Find(kind.ApiVersion, kind.Kind)));
        foreach (
            var resource in new[]
            {
                "v1 pods",
                "v1 services",
                "v1 namespaces",
                "v1 configmaps",
                "v1 secrets",
                "v1 persistentvolumeclaims",
                "v1 persistentvolumes",
                "v1 nodes",
                "v1 events",
                "v1 serviceaccounts",
                "apps/v1 deployments",
                "apps/v1 statefulsets",
                "apps/v1 daemonsets",
                "apps/v1 replicasets",
                "batch/v1 jobs",
                "batch/v1 cronjobs",
                "batch/v1beta1 cronjobs",
                "networking.k8s.io/v1 ingresses",
                "autoscaling/v1 horizontalpodautoscalers",
                "autoscaling/v2 horizontalpodautoscalers",
                "autoscaling/v2beta2 horizontalpodautoscalers",
            }
        )
        {
            var (version, name) = (resource.Split(' ')[0], resource.Split(' ')[1]);
            Assert.True(
                BuiltInSchema.Knows(version.Split('/') is [var group, var v] ? new(group, v, name) : new("", version, name)),
                resource
            );
        }
    }

    [Fact]
    public void No_message_contains_itself_so_that_depth_is_bounded()
    {
        foreach (var (apiVersion, kind) in BuiltInSchema.Kinds)
        {
            Walk(BuiltInSchema.Find(apiVersion, kind)!, []);
        }

        static void Walk(MessageTable table, List<MessageTable> above)
        {
            Assert.DoesNotContain(table, above);
            above.Add(table);
            foreach (var field in table.Fields.Where(field => field.Message is not null))
            {
                Walk(field.Message!, above);
            }

            above.RemoveAt(above.Count - 1);
        }
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"nodeName":"n","warpDrive":{"on":true}}}""")]
    [InlineData("""{"metadata":{"name":"a","realm":"x"}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"volumes":[{"name":"v","cloud":{}}]}}""")]
    [InlineData("""{"metadata":{"name":"a"},"horoscope":"good"}""")]
    public void A_field_that_is_not_known_is_never_lost_in_silence(string json) =>
        Assert.Throws<SchemaGapException>(() =>
            Decoder().DecodeEnvelope(Envelope(Message(Encoding.UTF8.GetBytes(json), "v1", "Pod"), "v1", "Pod"))
        );

    [Fact]
    public void A_kind_that_is_not_known_is_a_gap_and_a_table_an_error()
    {
        Assert.Throws<SchemaGapException>(() => Decoder().DecodeEnvelope(Envelope([], "v1", "Binding")));
        Assert.Throws<SchemaGapException>(() => Decoder().DecodeEnvelope(Envelope([], "v9", "Pod")));
        Assert.Throws<ObjectFormatException>(() => Decoder().DecodeEnvelope(Envelope([], "meta.k8s.io/v1", "Table")));
    }

    [Fact]
    public void A_member_that_stands_in_two_places_is_never_written_twice()
    {
        var named = Message("""{"metadata":{"name":"a"}}"""u8.ToArray(), "v1", "Pod");
        var spec = Message("""{"spec":{"nodeName":"n"}}"""u8.ToArray(), "v1", "Pod");
        Assert.Throws<SchemaGapException>(() => Decoder().DecodeEnvelope(Envelope([.. named, .. spec, .. spec], "v1", "Pod")));
    }

    [Fact]
    public void Text_that_is_no_utf8_is_an_error()
    {
        var message = Message("""{"metadata":{"name":"a","annotations":{"k":"MARK"}}}"""u8.ToArray(), "v1", "Pod");
        message[message.AsSpan().IndexOf("MARK"u8)] = 0xff;
        Assert.Throws<ObjectFormatException>(() => Decoder().DecodeEnvelope(Envelope(message, "v1", "Pod")));
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":1}}")]
    [InlineData("\"\u0001\"")]
    public void Json_within_protobuf_is_checked(string inner)
    {
        var revision = new ProtoWriter();
        var metadata = revision.Begin(1);
        revision.Text(1, "a"u8);
        revision.End(metadata);
        var data = revision.Begin(2);
        revision.Text(1, Encoding.UTF8.GetBytes(inner));
        revision.End(data);
        Assert.Throws<ObjectFormatException>(() =>
            Decoder().DecodeEnvelope(Envelope(revision.Written.ToArray(), "apps/v1", "ControllerRevision"))
        );
    }

    [Fact]
    public void Json_within_protobuf_becomes_one_line()
    {
        var revision = new ProtoWriter();
        var metadata = revision.Begin(1);
        revision.Text(1, "a"u8);
        revision.End(metadata);
        var data = revision.Begin(2);
        revision.Text(1, "{\n  \"a\":\r\n 1\n}"u8);
        revision.End(data);
        using var json = Decoder().DecodeEnvelope(Envelope(revision.Written.ToArray(), "apps/v1", "ControllerRevision")).Open();
        Assert.Equal(-1, json.Span.IndexOfAny((byte)'\n', (byte)'\r'));
        Assert.True(
            JsonElement.DeepEquals(
                JsonSerializer.Deserialize<JsonElement>("""{"a":1}"""),
                JsonSerializer.Deserialize<JsonElement>(json.Span).GetProperty("data")
            )
        );
    }

    [Fact]
    public void A_refusal_in_protobuf_says_what_one_in_json_says()
    {
        const string Text =
            """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Too large resource version: 12, current: """
            + """10","reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource """
            + """version"}],"retryAfterSeconds":1},"code":504}""";
        var status = KubernetesStatus.Parse(Envelope(JsonNode.Parse(Text)!.AsObject()));
        var expected = KubernetesStatus.Parse(Encoding.UTF8.GetBytes(Text));
        Assert.Equal(
            (expected.Code, expected.Reason, expected.Message, expected.RetryAfter),
            (status.Code, status.Reason, status.Message, status.RetryAfter)
        );
        Assert.True(status.IsTooLargeResourceVersion);
    }

    [Fact]
    public void A_refusal_that_is_garbled_is_still_a_refusal() => Assert.Equal(0, KubernetesStatus.Parse("k8s\0\x0a\xff\xff"u8).Code);
}
