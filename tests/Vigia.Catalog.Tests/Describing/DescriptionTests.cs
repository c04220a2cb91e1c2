using System.Buffers;
using System.Text;
using System.Text.Json;
using Vigia.Catalog.Describing;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Tests.Describing;

public sealed class DescriptionTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_pod_that_fails_says_what_its_container_did_and_what_its_events_are()
    {
        var text = Text(
            "pods",
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"shop","creationTimestamp":"2026-03-01T11:00:00Z",
            "labels":{"app":"web"},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"all of it","team":"x"}},
             "spec":{"nodeName":"n1","containers":[{"name":"app","image":"web:1","ports":[{"containerPort":80}],
             "resources":{"limits":{"memory":"1Gi","cpu":"1"}},
               "env":[{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"key","key":"p"}}},{"name":"MODE","value":"fast"}]}],
               "volumes":[{"name":"v","emptyDir":{}}]},
             "status":{"phase":"Running","hostIP":"10.0.0.1","containerStatuses":[{"name":"app","restartCount":4,
             "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}}
            """,
            new Surroundings { Events = [new("Warning", "BackOff", "back-off", "kubelet", 7, Now.AddMinutes(-10), Now.AddMinutes(-2))] }
        );

        Assert.Contains("Status:               Running (CrashLoopBackOff)\n", text, StringComparison.Ordinal);
        Assert.Contains("Node:                 n1/10.0.0.1\n", text, StringComparison.Ordinal);
        Assert.Contains("CreationTimestamp:    Sun, 01 Mar 2026 11:00:00 +0000 (60m ago)\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "    Last State:       Terminated\n      Reason:         OOMKilled\n      Exit Code:      137\n",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("    Limits:\n      cpu:            1\n      memory:         1Gi\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "      PASSWORD:  <set to the key 'p' in secret 'key'>  Optional: false\n      MODE:      fast\n",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("Annotations:          team: x\n", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "Events:\n  Type     Reason   Age               From     Message\n  ----     ------   ---               ----     -------\n  "
                + "Warning  BackOff  2m (x7 over 10m)  kubelet  back-off\n",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_secret_s_values_are_told_by_nothing()
    {
        const string secret =
            """{"kind":"Secret","apiVersion":"v1","metadata":{"name":"key","namespace":"shop"},"type":"Opaque","data":"""
            + """{"password":"aHVudGVyMg=="},"stringData":{"other":"plain"}}""";

        Assert.Contains("Data:", Text("secrets", secret), StringComparison.Ordinal);
        Assert.All(
            [Text("secrets", secret), Json("secrets", secret)],
            text => Assert.False(text.Contains("aHVudGVyMg", StringComparison.Ordinal) || text.Contains("plain", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void What_is_not_known_is_not_claimed()
    {
        var text = Text(
            "services",
            """{"kind":"Service","apiVersion":"v1","metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"app":"web"}}}""",
            new() { EventsNote = "you may not list events" }
        );

        Assert.DoesNotContain("Endpoints", text, StringComparison.Ordinal);
        Assert.EndsWith("Events:               <you may not list events>\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_kind_that_nothing_is_known_of_every_field_is_shown_by_the_name_people_write() =>
        Assert.Contains(
            "Spec:\n  Image Pull URL:     x\n  Members:\n    Name:             one\n  Members:\n    Name:             two\n  Words:       "
                + "       a\n                      b\n",
            Text(
                "serviceaccounts",
                """{"kind":"Widget","apiVersion":"example.org/v1","metadata":{"name":"w"},"spec":{"words":["a","b"]"""
                    + ""","imagePullURL":"x","members":[{"name":"one"},{"name":"two"}]}}"""
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("lastTransitionTime", "Last Transition Time")]
    [InlineData("podIP", "Pod IP")]
    [InlineData("apiVersion", "API Version")]
    [InlineData("dask.org/name", "dask.org/name")]
    public void Names_are_written_as_kubectl_writes_them(string name, string label) => Assert.Equal(label, GenericDescription.Label(name));

    [Fact]
    public void The_same_as_json_has_sections_within_sections()
    {
        using var json = JsonDocument.Parse(
            Json(
                "pods",
                """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"shop"},"spec":{"containers":[{"name":"app",
                "image":"web:1"},{"name":"side","image":"mesh:2"}]},"status":{"phase":"Pending"}}
                """
            )
        );

        JsonElement Item(JsonElement items, string name) =>
            items.EnumerateArray().Single(item => item.TryGetProperty("name", out var found) && found.GetString() == name);
        var containers = Item(json.RootElement, "Containers").GetProperty("items");
        Assert.Equal(["app", "side"], containers.EnumerateArray().Select(item => item.GetProperty("name").GetString()));
        Assert.Equal("mesh:2", Item(Item(containers, "side").GetProperty("items"), "Image").GetProperty("value").GetString());
        Assert.Equal("Pending", Item(json.RootElement, "Status").GetProperty("value").GetString());
        Assert.Equal(JsonValueKind.Null, Item(json.RootElement, "Node").GetProperty("value").ValueKind);
    }

    [Theory]
    [InlineData(
        """{"message":"m","count":3,"source":{"component":"kubelet"},"involvedObject":"""
            + """{"kind":"Pod","namespace":"n","name":"a","uid":"u"}"""
            + ""","firstTimestamp":"2026-03-01T11:00:00Z","lastTimestamp":"2026-03-01T11:30:00Z"}"""
    )]
    [InlineData(
        """{"message":"m","count":1,"reportingComponent":"kubelet","involvedObject":{"kind":"Pod","namespace":"n","name":"a","uid":"u"}"""
            + ""","eventTime":"2026-03-01T11:00:00Z","series":{"count":3,"lastObservedTime":"2026-03-01T11:30:00Z"}}"""
    )]
    [InlineData(
        """{"note":"m","reportingController":"kubelet","regarding":{"kind":"Pod","namespace":"n","name":"a","uid":"u"}"""
            + ""","eventTime":"2026-03-01T11:00:00Z","series":{"count":3,"lastObservedTime":"2026-03-01T11:30:00Z"}}"""
    )]
    [InlineData(
        """{"note":"m","deprecatedCount":3,"deprecatedSource":{"component":"kubelet"},"regarding":"""
            + """{"kind":"Pod","namespace":"n","name":"a","uid":"u"}"""
            + ""","deprecatedFirstTimestamp":"2026-03-01T11:00:00Z","deprecatedLastTimestamp":"2026-03-01T11:30:00Z"}"""
    )]
    public void An_event_says_the_same_in_every_form_that_servers_write(string json)
    {
        var e = RawObject.Parse(
            Encoding.UTF8.GetBytes(
                json.Insert(
                    1,
                    "\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"e\",\"namespace\":\"n\"},\"type\":\"Warning\","
                        + "\"reason\":\"R\","
                )
            )
        );

        Assert.Equal(new EventRecord("Warning", "R", "m", "kubelet", 3, Now.AddHours(-1), Now.AddMinutes(-30)), EventRecord.Of(e));
        Assert.Equal(new EventAbout("", "Pod", "n", "a", "u"), EventAbout.Of(e));
    }

    [Fact]
    public void The_text_gives_a_terminal_no_orders_and_no_value_looks_like_a_field()
    {
        var json = """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n","uid":"u","annotations":{"note":"@\r\nStatus: Running"}},
            "status":{"phase":"Pending","reason":"@","message":"@","conditions":[{"type":"Ready","status":"False","reason":"@",
            "message":"@"}]}}
            """.Replace("@", @"\u001b[31mred\u001b]0;pwned\u0007\u009b2J\u202egnp\u2066", StringComparison.Ordinal);
        var around = Surroundings.Unknown with
        {
            Events = [new("Warning", "R\u001b[2J", "m\u202e\n  Normal  Fine", "kubelet\u009b", 1, Now, Now)],
        };
        var text = Text("pods", json, around);

        Assert.Contains("pwned", text, StringComparison.Ordinal);
        Assert.DoesNotContain(
            text,
            c => (char.IsControl(c) && c != '\n') || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
        );
        Assert.Single(text.Split('\n'), line => line.StartsWith("Status:", StringComparison.Ordinal));
        Assert.DoesNotContain(text.Split('\n'), line => line.TrimStart().StartsWith("Normal", StringComparison.Ordinal));
    }

    private static string Text(string resource, string json, Surroundings? around = null) =>
        DescriptionText.Render(Items(resource, json, around));

    private static string Json(string resource, string json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            DescriptionJson.Write(writer, Items(resource, json, null));
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static IReadOnlyList<DescriptionItem> Items(string resource, string json, Surroundings? around)
    {
        var obj = RawObject.Parse(Encoding.UTF8.GetBytes(json));
        using var document = ObjectJson.Parse(obj);
        return Description.Write(
            new(ResourceCatalog.BuiltIn.Find(resource)!, obj, document.RootElement, around ?? Surroundings.Unknown, Now, TimeZoneInfo.Utc)
        );
    }
}
