using System.Globalization;
using System.Text;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;
using Vigia.Live.Events;

namespace Vigia.Gateway.Tests.Events;

public sealed class EventHistoryTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RawObject Pod = RawObject.Parse(
        """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"shop","uid":"uid-a"}}"""u8
    );

    private static int _events;

    [Fact]
    public void One_that_happens_again_counts_up_also_as_another_object_after_the_first_has_expired()
    {
        var memory = new EventHistory(new());
        memory.Add("c", Event("e1", "BackOff", 0, count: 3));
        memory.Add("c", Event("e1", "BackOff", 1, count: 5));
        memory.Add("c", Event("e1", "BackOff", 1, count: 5));
        Assert.Equal(5, Assert.Single(memory.Of("c", "Pod", Pod)).Record.Count);

        // The API server forgets the first after an hour, and another Event that counts from 1 reports the same.
        memory.Forget("c", Event("e1", "BackOff", 1, count: 5));
        memory.Add("c", Event("e2", "BackOff", 70, count: 1));
        memory.Add("c", Event("e2", "BackOff", 71, count: 2));

        var kept = Assert.Single(memory.Of("c", "Pod", Pod)).Record;
        Assert.Equal((7L, Start, Start.AddMinutes(71)), (kept.Count, kept.First, kept.Last));
    }

    [Fact]
    public void Two_objects_that_say_the_same_at_the_same_time_are_not_counted_twice()
    {
        var memory = new EventHistory(new());
        for (var count = 1; count <= 4; count++)
        {
            memory.Add("c", Event("e1", "BackOff", count, count: count));
            memory.Add("c", Event("e2", "BackOff", count, count: count));
        }

        Assert.Equal(8, Assert.Single(memory.Of("c", "Pod", Pod)).Record.Count);
    }

    [Fact]
    public void Of_one_object_the_latest_are_kept_and_of_all_the_latest()
    {
        var memory = new EventHistory(new() { PerObject = 3, Most = 20 });
        for (var i = 0; i < 6; i++)
        {
            memory.Add("c", Event($"e{i}", $"Reason{i}", i));
        }

        Assert.Equal(["Reason3", "Reason4", "Reason5"], memory.Of("c", "Pod", Pod).Select(e => e.Record.Reason));
        for (var i = 0; i < 1000; i++)
        {
            memory.Add("c", Event($"o{i}", "Pulled", 10 + i, uid: $"uid-{i}"));
            Assert.InRange(memory.Count, 1, 20);
        }

        Assert.Empty(memory.Of("c", "Pod", Pod));
        Assert.Contains(memory.Of("c"), e => e.About.Uid == "uid-999");
        Assert.Equal(1006 - memory.Count, memory.Dropped);
    }

    [Fact]
    public void What_is_too_old_goes_and_what_is_about_an_object_that_is_gone_after_the_grace()
    {
        var memory = new EventHistory(new() { Age = TimeSpan.FromHours(2), Grace = TimeSpan.FromMinutes(5) });
        memory.Add("c", Event("old", "Old", -60));
        memory.Add("c", Event("new", "New", 0));
        memory.Add("c", Event("other", "Other", 0, uid: "uid-b"));
        bool? Exists(string cluster, EventAbout about) => about.Uid != "uid-b";

        memory.Sweep(Start, Exists);
        Assert.Equal(3, memory.Count);
        memory.Sweep(Start.AddMinutes(4), Exists);
        Assert.Equal(3, memory.Count);
        memory.Sweep(Start.AddMinutes(6), Exists);
        Assert.Equal(["Old", "New"], memory.Of("c").Select(e => e.Record.Reason));
        memory.Sweep(Start.AddMinutes(61), Exists);
        Assert.Equal(["New"], memory.Of("c").Select(e => e.Record.Reason));
    }

    [Fact]
    public void An_object_that_was_only_not_to_be_seen_for_a_while_keeps_its_events()
    {
        var memory = new EventHistory(new() { Grace = TimeSpan.FromMinutes(5) });
        memory.Add("c", Event("e", "New", 0));
        memory.Sweep(Start, (_, _) => false);
        memory.Sweep(Start.AddMinutes(3), (_, _) => true);
        memory.Sweep(Start.AddMinutes(6), (_, _) => false);
        memory.Sweep(Start.AddMinutes(9), (_, _) => null);

        Assert.Equal(1, memory.Count);
    }

    [Fact]
    public void Another_object_of_the_same_name_has_none_of_its_events_and_a_node_is_found_by_its_name()
    {
        var memory = new EventHistory(new());
        memory.Add("c", Event("e", "New", 0));
        memory.Add(
            "c",
            Of(
                """{"kind":"Event","apiVersion":"v1","metadata":{"name":"n","namespace":"default","uid":"n"}"""
                    + ""","reason":"NodeNotReady","involvedObject":{"kind":"Node","name":"n1","uid":"n1"}}"""
            )
        );
        memory.Add(
            "c",
            Of(
                """{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"m","namespace":"shop","uid":"m"}"""
                    + ""","reason":"NoUid","note":"told","regarding":{"kind":"Pod","name":"a","namespace":"shop"}}"""
            )
        );

        Assert.Equal(
            ["NoUid"],
            memory
                .Of("c", "Pod", Of("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"shop","uid":"another"}}"""))
                .Select(e => e.Record.Reason)
        );
        Assert.Equal(
            ["NodeNotReady"],
            memory
                .Of("c", "Node", Of("""{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","uid":"uid-n1"}}"""))
                .Select(e => e.Record.Reason)
        );
        Assert.Empty(memory.Of("other-cluster", "Pod", Pod));
    }

    [Theory]
    [InlineData("Pod", "a", "shop", "uid-a", "shop", """{"kind":"Pod","namespace":"shop","name":"a","uid":"uid-a"}""", true)]
    [InlineData("Pod", "a", "shop", "uid-a", "other", """{"kind":"Pod","namespace":"other","name":"a","uid":"uid-a"}""", false)]
    [InlineData("Pod", "a", "shop", "uid-a", "other", """{"kind":"Pod","namespace":"shop","name":"a","uid":"uid-a"}""", false)]
    [InlineData("Pod", "a", "shop", "uid-a", "shop", """{"kind":"Job","namespace":"shop","name":"a","uid":"uid-a"}""", false)]
    [InlineData("Node", "n1", "", "uid-n1", "default", """{"kind":"Node","name":"n1","uid":"n1"}""", true)]
    [InlineData("Node", "n1", "", "uid-n1", "kube-system", """{"kind":"Node","name":"n1","uid":"uid-n1"}""", true)]
    [InlineData("Node", "n1", "", "uid-n1", "team-b", """{"kind":"Node","name":"n1","uid":"uid-n1"}""", false)]
    [InlineData("Node", "n1", "", "uid-n1", "team-b", """{"kind":"Node","namespace":"team-b","name":"n1","uid":"n1"}""", false)]
    [InlineData("Namespace", "a", "", "uid-a", "default", """{"kind":"Pod","name":"a","uid":"uid-a"}""", false)]
    public void An_event_is_about_an_object_only_where_those_who_may_write_it_may_speak_of_the_object(
        string kind,
        string name,
        string ns,
        string uid,
        string eventNamespace,
        string about,
        bool isAbout
    )
    {
        var memory = new EventHistory(new());
        memory.Add(
            "c",
            Of(
                $$$"""{"kind":"Event","apiVersion":"v1","metadata":{"name":"e","namespace":"{{{eventNamespace}}}","uid":"e"}"""
                    + $$$""","reason":"Spoofed","involvedObject":{{{about}}}}"""
            )
        );
        var o = Of(
            $$$"""{"kind":"{{{kind}}}","apiVersion":"v1","metadata":{"name":"{{{name}}}","""
                + $$$"""{{{(ns.Length > 0 ? $"\"namespace\":\"{ns}\"," : "")}}}"uid":"{{{uid}}}"}}"""
        );
        Assert.Equal(isAbout, memory.Of("c", kind, o).Count == 1);
    }

    [Fact]
    public void As_many_as_are_kept_by_default_take_no_more_than_was_said()
    {
        var memory = new EventHistory(new());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 20_000; i++)
        {
            // As events are: each with a message of its own, some five for each object.
            memory.Add(
                "c",
                Event(
                    $"pod-{i}",
                    "Failed",
                    i % 600,
                    uid: $"6f1e0c5a-0000-0000-0000-{i / 5:D12}",
                    message: $"Failed to pull image registry.example.org/team-{i}/app:1.{i}: rpc error: code = NotFound"
                )
            );
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / 20_000;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes each");
        Assert.Equal(20_000, memory.Count);
        Assert.InRange(each, 0, 1000);
    }

    private static RawObject Event(string name, string reason, int minute, int count = 1, string uid = "uid-a", string message = "m") =>
        Of(
            $$$"""
            {"kind":"Event","apiVersion":"v1","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"uid-of-{{{name}}}",
            "resourceVersion":"{{{++_events}}}"},"type":"Warning","reason":"{{{reason}}}","message":"{{{message}}}","count":{{{count}}},
             "involvedObject":{"kind":"Pod","apiVersion":"v1","namespace":"shop","name":"{{{(
                uid == "uid-a" ? "a" : uid
            )}}}","uid":"{{{uid}}}"},"firstTimestamp":"{{{Time(minute)}}}","lastTimestamp":"{{{Time(minute)}}}"}
            """
        );

    private static string Time(int minute) => Start.AddMinutes(minute).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static RawObject Of(string json) => RawObject.Parse(Encoding.UTF8.GetBytes(json));
}
