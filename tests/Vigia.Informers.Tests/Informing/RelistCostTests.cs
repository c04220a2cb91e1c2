using System.Text;
using Vigia.Informers.Handlers;
using Vigia.Informers.Reflecting;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>What a relist costs where nothing has changed.</summary>
public sealed class RelistCostTests
{
    private const int Objects = 10_000;
    private readonly Store _store = new();
    private readonly TemplateTable _templates = new();
    private readonly DeltaLog _log;
    private readonly CacheWriter _writer;

    public RelistCostTests()
    {
        _log = new DeltaLog(_store, new DeltaLogOptions(), TimeProvider.System);
        _writer = new CacheWriter(_store, _log, new InformerCounters(), TimeProvider.System)
        {
            OnReport = (_, _) => { },
            OnListed = () => { },
        };
    }

    [Fact]
    public async Task A_relist_of_10_000_unchanged_objects_delivers_nothing_and_allocates_no_second_copy()
    {
        var body = Body(changed: -1);
        var first = GC.GetAllocatedBytesForCurrentThread();
        await ListAsync(body);
        first = GC.GetAllocatedBytesForCurrentThread() - first;
        var before = _store.List().ToDictionary(o => o.Key);
        var cursor = _log.Open();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        await ListAsync(body);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        // The names that are looked up by, for a moment: 185 bytes an object (400 where the compiler does not
        // optimise). To hold the list once more would take what the first list took, at least.
        Assert.InRange(allocated, 0, Math.Min(first / 2, 450 * Objects));
        Assert.True(body.Length > 15_000_000);
        Assert.Equal(CursorReading.Nothing, cursor.Read([]));
        Assert.All(_store.List(), o => Assert.Same(before[o.Key], o));
    }

    [Fact]
    public async Task A_relist_in_which_one_of_10_000_changed_delivers_that_one()
    {
        await ListAsync(Body(changed: -1));
        var cursor = _log.Open();
        await ListAsync(Body(changed: 4711));
        var deltas = new List<Delta>();
        Assert.Equal(CursorReading.Deltas, cursor.Read(deltas));
        Assert.Equal("Updated", $"{Assert.Single(deltas).Kind}");
        Assert.Equal("pod-04711", deltas[0].Object.Name);
    }

    /// <summary>Reads from memory, so that everything happens on this thread and its allocations are counted.</summary>
    private async Task ListAsync(byte[] body)
    {
        _writer.BeginList(ListTrust.Usual);
        using var buffer = new BodyBuffer(new MemoryStream(body), 16 << 20);
        var reading = new ListDecoder(new ObjectDecoder(_templates), _writer).ReadAsync(buffer, TestContext.Current.CancellationToken);
        Assert.True(reading.IsCompleted);
        _writer.EndList((await reading).ResourceVersion);
    }

    private static byte[] Body(int changed)
    {
        var padding = string.Join(',', Enumerable.Range(0, 60).Select(i => $$"""{"name":"VARIABLE_{{i}}","value":"value-{{i}}"}"""));
        var items = Enumerable
            .Range(0, Objects)
            .Select(i =>
                $$$"""{"metadata":{"name":"pod-{{{i:00000}}}","namespace":"ns-{{{i % 40}}}","uid":"00000000-0000-0000-0000-"""
                + $$$"""{{{i:000000000000}}}","resourceVersion":"{{{(i == changed ? 99_999 : 1000 + i)}}}","labels":"""
                + $$$"""{"app":"a-{{{i / 50}}}"} },"spec":"""
                + $$$"""{"nodeName":"node-{{{i % 200}}}","containers":[{"name":"c","env":[{{{padding}}}] }]} }"""
            );
        return Encoding.UTF8.GetBytes(
            $$$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{{{(changed < 0 ? 50_000 : 100_000)}}}"},"items":"""
                + $$$"""[{{{string.Join(',', items)}}}]}"""
        );
    }
}
