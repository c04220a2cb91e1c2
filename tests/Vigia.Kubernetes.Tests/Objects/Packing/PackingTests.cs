using System.Diagnostics.CodeAnalysis;
using System.Text;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Kubernetes.Tests.Objects.Packing;

[SuppressMessage("Security", "CA5394", Justification = "Test data by seed.")]
public sealed class PackingTests
{
    private const string Uid = "fd9d9dde-64b5-4c1e-b529-d30cf485420a";

    [Fact]
    public void Whatever_the_body_what_is_put_together_again_is_what_came()
    {
        for (var seed = 1; seed <= 2000; seed++)
        {
            var random = new Random(seed);
            var known = Body(random, 40);
            var target = Mutate(known, random);
            var template = new BodyTemplate(known);
            var packed = new byte[target.Length * 2 + 64];
            var length = BodyCoder.Encode(target, Encoding.ASCII.GetBytes(Uid), template, packed);
            Assert.True(length >= 0, $"seed {seed}");
            var again = new byte[target.Length];
            BodyCoder.Decode(packed.AsSpan(0, length), known, Guid.Parse(Uid), again);
            Assert.True(target.AsSpan().SequenceEqual(again), $"seed {seed}");
        }
    }

    [Fact]
    public void A_description_that_does_not_fit_is_refused_not_cut()
    {
        var known = Body(new Random(1), 40);
        var target = Body(new Random(2), 40);
        for (var room = 0; room < target.Length; room += 7)
        {
            var packed = new byte[room];
            var length = BodyCoder.Encode(target, [], new BodyTemplate(known), packed);
            if (length >= 0)
            {
                var again = new byte[target.Length];
                BodyCoder.Decode(packed.AsSpan(0, length), known, Guid.Empty, again);
                Assert.Equal(target, again);
            }
        }
    }

    [Fact]
    public void Objects_of_one_template_keep_what_differs_and_read_as_they_came()
    {
        var decoder = new ObjectDecoder();
        var objects = Enumerable.Range(0, 50).Select(i => (Text: Pod(i), Object: decoder.Decode(Encoding.UTF8.GetBytes(Pod(i))))).ToArray();
        foreach (var (text, o) in objects)
        {
            using var json = o.Open();
            Assert.Equal(text, Encoding.UTF8.GetString(json.Span));
            Assert.Equal(text.Length, o.Length);
            var copy = new System.Buffers.ArrayBufferWriter<byte>();
            o.CopyTo(copy);
            Assert.Equal(text, Encoding.UTF8.GetString(copy.WrittenSpan));
        }

        Assert.All(
            objects[10..],
            pair => Assert.True(pair.Object.KeptLength * 8 < pair.Object.Length, $"{pair.Object.KeptLength} of {pair.Object.Length}")
        );
    }

    /// <summary>
    /// A template for each of many small groups would cost more than it saves: 4,000 pods of 400 deployments and two
    /// charts, metadata alone.
    /// </summary>
    [Fact]
    public void Short_bodies_of_many_small_groups_share_the_templates_of_their_kind()
    {
        var decoder = new ObjectDecoder();
        var (kept, whole) = (0, 0);
        for (var i = 0; i < 4000; i++)
        {
            var text = Metadata(i, i / 10);
            var o = decoder.Decode(Encoding.UTF8.GetBytes(text));
            (kept, whole) = (kept + o.KeptLength, whole + (o.KeptLength == o.Length ? 1 : 0));
            using var json = o.Open();
            Assert.Equal(text, Encoding.UTF8.GetString(json.Span));
        }

        Assert.InRange(whole, 1, 20);
        Assert.InRange(kept / 4000, 1, 120);
    }

    [Fact]
    public void A_template_outlives_the_object_it_came_from()
    {
        var decoder = new ObjectDecoder();
        var last = Describe(decoder);
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        }

        using var json = last.Open();
        Assert.Equal(Pod(9), Encoding.UTF8.GetString(json.Span));

        // An object whose template is gone starts a new one.
        Assert.Equal(Pod(77).Length, decoder.Decode(Encoding.UTF8.GetBytes(Pod(77))).Length);

        static RawObject Describe(ObjectDecoder decoder)
        {
            RawObject? last = null;
            for (var i = 0; i < 10; i++)
            {
                last = decoder.Decode(Encoding.UTF8.GetBytes(Pod(i)));
            }

            return last!;
        }
    }

    [Fact]
    public void Objects_that_are_unlike_are_kept_whole()
    {
        var decoder = new ObjectDecoder();
        for (var seed = 0; seed < 40; seed++)
        {
            var body =
                $$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c-{{{seed}}}"},"data":"""
                + $$$"""{"x":"{{{Noise(new Random(seed), 2000)}}}"}}""";
            var o = decoder.Decode(Encoding.UTF8.GetBytes(body));
            Assert.InRange(o.KeptLength, 1000, body.Length);
            using var json = o.Open();
            Assert.Equal(body, Encoding.UTF8.GetString(json.Span));
        }
    }

    private static string Metadata(int i, int app)
    {
        var chart = app % 2 == 0 ? "catalog-web" : "orders-worker-of-another-chart";
        var annotations = string.Join(
            ',',
            Enumerable.Range(0, 12).Select(n => $$""" "{{chart}}.example/annotation-{{n}}":"value {{n}} of {{chart}}" """.Trim())
        );
        return $$$"""{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"""
            + $$$"""{"name":"app-{{{app:000}}}-{{{i:00000}}}","namespace":"shop-{{{app % 40}}}","uid":"00000000-0000-0000-0000-"""
            + $$$"""{{{i + 1:000000000000}}}","resourceVersion":"{{{1000 + i}}}","labels":"""
            + $$$"""{"app":"app-{{{app:000}}}","chart":"{{{chart}}}"},"annotations":"""
            + $$$"""{"first":"1",{{{annotations}}},"containerID":"{{{i * 31L * 7919:x64}}}"} }}""";
    }

    private static string Pod(int i)
    {
        var env = string.Join(
            ',',
            Enumerable.Range(0, 30).Select(n => $$"""{"name":"VARIABLE_{{n}}","value":"value of variable {{n}}"}""")
        );
        return $$$"""{"kind":"Pod","apiVersion":"v1","metadata":"""
            + $$$"""{"name":"web-{{{i * 7919:x}}}","namespace":"shop","uid":"00000000-0000-0000-0000-"""
            + $$$"""{{{i + 1:000000000000}}}","resourceVersion":"{{{1000 + i}}}","labels":{"app":"web"}},"spec":"""
            + $$$"""{"nodeName":"node-{{{i % 7}}}","containers":[{"name":"c","env":[{{{env}}}]}]},"status":"""
            + $$$"""{"podIP":"10.0.0.{{{i}}}","containerID":"{{{i * 31:x32}}}"}}""";
    }

    private static byte[] Body(Random random, int members) =>
        Encoding.UTF8.GetBytes(
            "{"
                + string.Join(
                    ',',
                    Enumerable
                        .Range(0, members)
                        .Select(i =>
                        {
                            var name = Noise(random, random.Next(1, 12));
                            var value =
                                random.Next(3) == 0
                                    ? random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture)
                                    : $"\"{Noise(random, random.Next(0, 90))}\"";
                            return $"\"{name}\":{value}";
                        })
                )
                + $",\"uid\":\"{Uid}\"}}"
        );

    private static byte[] Mutate(byte[] body, Random random)
    {
        var bytes = body.ToList();
        for (var change = random.Next(12); change > 0 && bytes.Count > 60; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes($"\"{Noise(random, random.Next(50))}\":\"é\","));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(60), bytes.Count - at));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(bytes.Count / 2, Math.Min(40, bytes.Count / 2)));
                    break;
            }
        }

        return [.. bytes];
    }

    private static string Noise(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => "abcdef0123456789xyz._-"[random.Next(22)]));
}
