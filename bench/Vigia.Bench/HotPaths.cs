using System.Text;
using BenchmarkDotNet.Attributes;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Live.Subscriptions;

namespace Vigia.Bench;

/// <summary>The paths that every event and every query goes through, on recorded pods of 20 KB.</summary>
[MemoryDiagnoser]
public class HotPaths
{
    private readonly ObjectDecoder _decoder = new();
    private readonly LabelSelector _selector = LabelSelector.Parse("app=app-042");
    private readonly ResourceEntry _pods = ResourceCatalog.BuiltIn.Find("pods")!;
    private byte[] _pod = [];
    private SharedInformer _informer = null!;
    private string[] _texts = [];
    private (int Score, int Row)[] _ranked = [];
    private RawObject _old = null!;
    private RawObject _new = null!;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _body = new byte[64 * 1024];
    private readonly byte[] _packed = new byte[64 * 1024];
    private BodyTemplate _template = null!;
    private byte[] _sibling = [];
    private int _packedLength;

    [GlobalSetup]
    public void Setup()
    {
        _pod = Encoding.UTF8.GetBytes(Samples.Pod(0, 1).ToJsonString());
        (_old, _new) = (RawObject.Parse(_pod), RawObject.Parse(Encoding.UTF8.GetBytes(Samples.Pod(0, 2).ToJsonString())));
        _informer = new SharedInformer(new BodyServer(BodyServer.ListBody(10_000), []));
        _informer.Start();
#pragma warning disable VSTHRD002 // BenchmarkDotNet's setup is synchronous.
        _informer.WhenSynced.Wait();
#pragma warning restore VSTHRD002
        // Two pods of one deployment as they are kept: of 60 samples, the same one as another pod of its group.
        _template = new BodyTemplate(Body(RawObject.Parse(Encoding.UTF8.GetBytes(Samples.Pod(0, 1).ToJsonString()))));
        _sibling = Body(RawObject.Parse(Encoding.UTF8.GetBytes(Samples.Pod(1, 2).ToJsonString())));
        _packedLength = BodyCoder.Encode(_sibling, [], _template, _packed);
        Console.WriteLine($"// a body of {_sibling.Length} bytes described in {_packedLength}");
        _texts = [.. _informer.Store.List().Select(o => _pods.Project(o).SearchText(o))];
        _ranked = new (int, int)[_texts.Length];
    }

    [Benchmark(Description = "decode a pod: scan, cut, check, copy")]
    public int Decode() => _decoder.Decode(_pod).Length;

    [Benchmark(Description = "describe a body by its template")]
    public int Pack() => BodyCoder.Encode(_sibling, [], _template, _packed);

    [Benchmark(Description = "put a described body together")]
    public byte Unpack()
    {
        BodyCoder.Decode(_packed.AsSpan(0, _packedLength), _template.Json, Guid.Empty, _buffer.AsSpan(0, _sibling.Length));
        return _buffer[_sibling.Length - 1];
    }

    [Benchmark(Description = "deflate a body, level 1 (for comparison)")]
    public int Deflate()
    {
        using var into = new MemoryStream(_body);
        using (var deflate = new System.IO.Compression.DeflateStream(into, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(_sibling);
        }

        return (int)into.Position;
    }

    [Benchmark(Description = "list snapshot of 10,000")]
    public int List() => _informer.Store.List().Count;

    [Benchmark(Description = "list one namespace (250)")]
    public int ListNamespace() => _informer.Store.List("bench-001").Count;

    [Benchmark(Description = "list by label over 10,000")]
    public int ListByLabel()
    {
        var found = 0;
        foreach (var o in _informer.Store.List())
        {
            found += _selector.Matches(o.Labels) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "fuzzy search over 10,000 rows, ranked")]
    [Arguments("ap42")]
    [Arguments("bench012")]
    public int FuzzySearch(string pattern)
    {
        var found = 0;
        for (var row = 0; row < _texts.Length; row++)
        {
            var score = SearchQuery.Fuzzy(pattern, _texts[row]);
            if (score >= 0)
            {
                _ranked[found++] = (-score, row);
            }
        }

        _ranked.AsSpan(0, found).Sort();
        return found;
    }

    [Benchmark(Description = "search of three terms over 10,000 rows")]
    public int Search()
    {
        var query = SearchQuery.Parse("bench running !pending");
        var found = 0;
        foreach (var text in _texts)
        {
            found += query.Matches(text) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "project a pod's row")]
    public object Project() => _pods.Project(_new);

    [Benchmark(Description = "encode a frame: summary")]
    public int Summary() =>
        ChangeEncoder
            .Encode("c", _pods, Delta.Create(DeltaKind.Updated, _old, _new, _new.ResourceVersion, default), ChangeShape.Summary)
            .Length;

    [Benchmark(Description = "encode a frame: full")]
    public int Full() =>
        ChangeEncoder
            .Encode("c", _pods, Delta.Create(DeltaKind.Updated, _old, _new, _new.ResourceVersion, default), ChangeShape.Full)
            .Length;

    private static byte[] Body(RawObject o)
    {
        using var json = o.Open();
        return json.Span.ToArray();
    }

    [Benchmark(Description = "encode a frame: diff")]
    public int Diff() =>
        ChangeEncoder
            .Encode("c", _pods, Delta.Create(DeltaKind.Updated, _old, _new, _new.ResourceVersion, default), ChangeShape.Diff)
            .Length;
}
