using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Protobuf;
using Vigia.Kubernetes.Watching;
using static Vigia.Kubernetes.Tests.Protobuf.ProtoSamples;

namespace Vigia.Kubernetes.Tests.Protobuf;

public sealed class StreamTests
{
    private const int Largest = 1 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public async Task A_list_is_read_item_by_item_however_it_is_cut_into_reads(int chunk)
    {
        var sink = new Sink();
        using var body = new BodyBuffer(new Trickle(List(Pods, "4711", "token"), chunk), Largest);
        var page = await new ProtoListDecoder(Decoder(), sink).ReadAsync(body, Cancellation);

        Assert.Equal(new ListPage(ResourceVersion.Parse("4711"), "token", null, Pods.Length), page);
        Assert.All(Pods.Zip(sink.Items), pair => AssertSame(RawObject.Parse(Utf8(pair.First)), pair.Second));
    }

    [Fact]
    public async Task An_item_that_is_not_wanted_is_counted_and_not_read()
    {
        var sink = new Sink { Unwanted = { (string)Pods[1]["metadata"]!["name"]! } };
        using var body = new BodyBuffer(new MemoryStream(List(Pods)), Largest);
        var page = await new ProtoListDecoder(Decoder(), sink).ReadAsync(body, Cancellation);

        Assert.Equal((Pods.Length, Pods.Length - 1), (page.Count, sink.Items.Count));
    }

    [Fact]
    public async Task Items_come_before_the_list_has_ended()
    {
        var bytes = List(Pods);
        var sink = new Sink();
        using var body = new BodyBuffer(new MemoryStream(bytes[..(bytes.Length / 2)]), Largest);
        var broken = await Assert.ThrowsAsync<ObjectFormatException>(() =>
            new ProtoListDecoder(Decoder(), sink).ReadAsync(body, Cancellation)
        );

        Assert.Contains("is truncated", broken.Message, StringComparison.Ordinal);
        Assert.InRange(sink.Items.Count, 1, Pods.Length - 1);
    }

    [Fact]
    public async Task A_single_object_is_no_list()
    {
        using var body = new BodyBuffer(new MemoryStream(Envelope(Pods[0])), Largest);
        await Assert.ThrowsAsync<ObjectFormatException>(() => new ProtoListDecoder(Decoder(), new Sink()).ReadAsync(body, Cancellation));
    }

    [Fact]
    public async Task An_item_larger_than_allowed_is_refused_before_it_is_in_memory()
    {
        var refused = await Assert.ThrowsAsync<ObjectFormatException>(async () =>
            await new ProtoListDecoder(Decoder(), new Sink()).ReadAsync(new BodyBuffer(new Endless(Head()), 100_000), Cancellation)
        );
        Assert.Contains("larger than", refused.Message, StringComparison.Ordinal);

        // A list that announces an item of 2 GB, and goes on forever.
        static byte[] Head() =>
            [
                .. "k8s\0"u8,
                10,
                13,
                10,
                2,
                .. "v1"u8,
                18,
                7,
                .. "PodList"u8,
                18,
                0xff,
                0xff,
                0xff,
                0xff,
                0x0f,
                18,
                0xff,
                0xff,
                0xff,
                0xff,
                0x07,
            ];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public async Task Events_are_what_they_are_in_json_however_they_are_cut_into_reads(int chunk)
    {
        var bookmark = JsonNode
            .Parse(
                """{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"99","creationTimestamp":null,"annotations":"""
                    + """{"k8s.io/initial-events-end":"true"}},"spec":{"containers":null},"status":{}}"""
            )!
            .AsObject();
        var error = JsonNode
            .Parse(
                """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old","reason":"Expired","code":410}"""
            )!
            .AsObject();
        byte[] bytes =
        [
            .. Frame("ADDED", Pods[0]),
            .. Frame("MODIFIED", Pods[1]),
            .. Frame("DELETED", Pods[2]),
            .. Frame("BOOKMARK", bookmark),
            .. Frame("ERROR", error),
        ];
        await using var stream = Watch(new Trickle(bytes, chunk));
        foreach (var (type, pod) in new[] { WatchEventType.Added, WatchEventType.Modified, WatchEventType.Deleted }.Zip(Pods))
        {
            var read = (await stream.ReadAsync(Cancellation))!.Value;
            Assert.Equal(type, read.Type);
            AssertSame(RawObject.Parse(Utf8(pod)), read.Object!);
        }

        Assert.Equal(
            new WatchEvent(WatchEventType.Bookmark, null, ResourceVersion.Parse("99"), IsInitialEventsEnd: true),
            await stream.ReadAsync(Cancellation)
        );
        Assert.True((await stream.ReadAsync(Cancellation))!.Value.Status!.IsExpired);
        Assert.Null(await stream.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task An_event_with_a_field_that_is_not_known_ends_the_watch_before_it()
    {
        var newer = Pods[1].DeepClone().AsObject();
        newer["spec"]!["warpDrive"] = true;
        var told = new List<Exception>();
        await using var stream = Watch(
            new MemoryStream([.. Frame("ADDED", Pods[0]), .. Frame("MODIFIED", newer), .. Frame("ADDED", Pods[2])]),
            told.Add
        );

        Assert.NotNull(await stream.ReadAsync(Cancellation));
        Assert.Null(await stream.ReadAsync(Cancellation));
        Assert.False(stream.HasBuffered);
        Assert.Null(await stream.ReadAsync(Cancellation));
        Assert.IsType<SchemaGapException>(Assert.Single(told));
    }

    [Fact]
    public async Task A_garbled_event_is_an_error_and_told()
    {
        var frame = Frame("ADDED", Pods[0]);
        frame[frame.AsSpan().IndexOf("k8s\0"u8)] = (byte)'x';
        var told = new List<Exception>();
        await using var stream = Watch(new MemoryStream(frame), told.Add);

        await Assert.ThrowsAsync<ObjectFormatException>(async () => await stream.ReadAsync(Cancellation));
        Assert.Single(told);
    }

    [Fact]
    public async Task A_type_that_is_none_is_an_error()
    {
        await using var stream = Watch(new MemoryStream(Frame("SURPRISE", Pods[0])));
        await Assert.ThrowsAsync<ObjectFormatException>(async () => await stream.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_watch_that_breaks_off_within_an_event_is_a_broken_connection()
    {
        await using var stream = Watch(new MemoryStream(Frame("ADDED", Pods[0])[..^1]));
        await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task An_event_that_is_announced_too_large_is_refused_at_once()
    {
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, uint.MaxValue);
        await using var stream = Watch(new MemoryStream(length));
        await Assert.ThrowsAsync<ObjectFormatException>(async () => await stream.ReadAsync(Cancellation));
    }

    [Fact]
    public void Objects_of_a_template_are_kept_in_few_bytes_from_either_form()
    {
        var decoder = Decoder();
        var kept = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            var pod = Pods[0].DeepClone().AsObject();
            pod["metadata"]!["name"] = $"pod-{i}";
            kept.Add(decoder.DecodeEnvelope(Envelope(pod)).KeptLength);
        }

        Assert.All(kept.Skip(2), length => Assert.InRange(length, 1, 500));
    }

    internal static ProtoWatchStream Watch(Stream body, Action<Exception>? undecodable = null) =>
        new(body, Largest, Decoder(), undecodable: undecodable);

    /// <summary>So many bytes a read.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }

    /// <summary>What it begins with, then bytes without end.</summary>
    private sealed class Endless(byte[] front) : MemoryStream(front)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            buffer.Span[read..].Fill((byte)'x');
            return buffer.Length;
        }
    }
}
