using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes;
using Vigia.Simulator.Serving;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Storage;

/// <summary>
/// Whether storage, history and watches can live for long: an hour of virtual time, as fast as the machine goes. Alone:
/// it measures the process.
/// </summary>
[Collection("alone")]
public sealed class HourOfChurnTests
{
    private const int Objects = 2_000;
    private const int PerSecond = 500;
    private const string Path = "/api/v1/configmaps";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;
    private static readonly byte[] Padding = Encoding.ASCII.GetBytes(new string('x', 800));

    private readonly ManualTimeProvider _time = new();
    private readonly ObjectStore _store;
    private readonly FaultInjector _faults;
    private readonly ApiServer _server;
    private readonly Random _random = new(1);
    private readonly List<string> _names = [];
    private long _created;

    public HourOfChurnTests()
    {
        _store = new ObjectStore(_time, 1);
        _faults = new FaultInjector(1, _store, (_, _) => Task.CompletedTask, _ => Task.CompletedTask);
        _server = new ApiServer(
            _store,
            new SimulatorOptions { Time = _time, Store = _store },
            _faults,
            new AccessRules([], [PolicyRule.Everything], _time),
            NullLogger.Instance
        );
    }

    [Fact]
    public async Task An_hour_of_500_changes_a_second_ends_with_the_memory_it_began_with()
    {
        for (var i = 0; i < Objects; i++)
        {
            Create();
        }

        var clock = Stopwatch.StartNew();
        var from = _store.Revision;
        var (heap, timers) = (new List<double>(), 0);
        await using (var watch = new InProcessWatch(_server, Path, $"?watch=true&timeoutSeconds=7200&resourceVersion={from}"))
        {
            var visitor = Visitor(); // leaves and comes back every minute, with bookmarks, a selector and a table
            for (var second = 1; second <= 3600; second++)
            {
                for (var i = 0; i < PerSecond; i++)
                {
                    Change(i);
                }

                _time.Advance(TimeSpan.FromSeconds(1));
                await watch.UntilAsync(_store.Revision - from);
                if (second % 60 == 0)
                {
                    Assert.True(visitor.Bytes > 0);
                    await visitor.DisposeAsync();
                    visitor = Visitor();
                    await PageThroughAsync();
                }

                if (second % 600 == 0)
                {
                    heap.Add(GC.GetTotalMemory(forceFullCollection: true) / 1048576.0);
                    timers = Math.Max(timers, _time.ActiveTimers);
                }
            }

            await visitor.DisposeAsync();
            Assert.Equal(3600L * PerSecond, watch.Lines);
            Assert.Equal(1, _faults.OpenWatches);
            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{watch.Lines:N0} changes, {watch.Bytes >> 20} MiB of events in {clock.Elapsed.TotalSeconds:0.0} s; heap in MiB "
                        + $"every ten minutes: {string.Join(" ", heap.Select(h => h.ToString("0.0", CultureInfo.InvariantCulture)))}; at "
                        + $"most {timers} timers"
                )
            );
        }

        // The first sample is taken with the history full. What differs from then on is a few events' size, what the
        // array pools keep for each thread (more after other tests have made threads: 4 MiB were seen), and chance.
        // From the third on it is flat: 2 MiB in 900,000 changes would be two bytes a change.
        Assert.True(heap[2..].Max() < heap[2] + 2, $"the heap grew from {heap[2]:0.0} to {heap.Max():0.0} MiB");
        Assert.True(heap.Max() < heap[0] + 8, $"the heap grew from {heap[0]:0.0} to {heap.Max():0.0} MiB");
        Assert.InRange(timers, 0, 4);
        Assert.Equal(0, _time.ActiveTimers);
        Assert.Equal(0, _faults.OpenWatches);
        Assert.Equal(Objects, _store.List(Maps).Count);
    }

    private InProcessWatch Visitor() =>
        new(_server, Path, $"?watch=true&allowWatchBookmarks=true&labelSelector=shard%3D3&resourceVersion={_store.Revision - 1000}");

    /// <summary>
    /// One change: mostly an update as cheap as a write can be; one in twenty comes and goes, one in a hundred is
    /// written as a client writes.
    /// </summary>
    private void Change(int i)
    {
        var at = _random.Next(_names.Count);
        var key = new ObjectKey("default", _names[at]);
        if (i % 40 == 0)
        {
            _names[at] = _names[^1];
            _names.RemoveAt(_names.Count - 1);
            Assert.NotNull(_store.Delete(Maps, key));
        }
        else if (i % 40 == 1)
        {
            Create();
        }
        else if (i % 100 == 50)
        {
            _store.Mutate(
                Maps,
                key,
                o =>
                    o["metadata"]!["annotations"] = new JsonObject
                    {
                        ["at"] = _store.RevisionLocked.ToString(CultureInfo.InvariantCulture),
                    },
                "test"
            );
        }
        else
        {
            Assert.NotNull(_store.ReplaceRaw(Maps, key, Touch));
        }
    }

    private void Create()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"map-{_created++:D8}");
        _names.Add(name);
        var json =
            $$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{name}}","namespace":"default","labels":"""
            + $$"""{"shard":"{{_created % 10}}" } },"data":{"v":"00000000","p":"{{Encoding.ASCII.GetString(Padding)}}" } }""";
        _store.CreateRaw(Maps, Encoding.UTF8.GetBytes(json));
    }

    private byte[] Touch(StoredObject old)
    {
        var copy = old.Utf8.ToArray();
        _random
            .Next(10_000_000, 99_999_999)
            .TryFormat(copy.AsSpan(copy.AsSpan().IndexOf("\"v\":\""u8) + 5), out _, default, CultureInfo.InvariantCulture);
        return copy;
    }

    private async Task PageThroughAsync()
    {
        var (token, seen) = ("", 0);
        do
        {
            var http = InProcessWatch.Request(Path, $"?limit=700&continue={token}", Fixture.Token);
            using var body = new MemoryStream();
            http.Response.Body = body;
            await _server.ServeInsideAsync(http);
            await http.Response.BodyWriter.FlushAsync(Fixture.Token);
            var list = JsonNode.Parse(body.ToArray())!;
            seen += list["items"]!.AsArray().Count;
            token = (string?)list["metadata"]!["continue"] ?? "";
        } while (token.Length > 0);

        Assert.Equal(_names.Count, seen);
    }
}

/// <summary>Tests that measure the whole process run one by one, when the others are done.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
