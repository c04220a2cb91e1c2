using System.Diagnostics.CodeAnalysis;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Protobuf;
using static Vigia.Kubernetes.Tests.Protobuf.ProtoSamples;

namespace Vigia.Kubernetes.Tests.Protobuf;

/// <summary>
/// Whatever is done to the bytes, what comes out is an object in valid JSON or one of the two errors: no crash, no
/// loop, no garbage handed on.
/// </summary>
[SuppressMessage("Security", "CA5394", Justification = "Test data by seed.")]
public sealed class FuzzTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Spoiled_objects_are_read_or_refused()
    {
        var (read, refused) = (0, 0);
        for (var seed = 1; seed <= 20_000; seed++)
        {
            var random = new Random(seed);
            var bytes = Spoil(Whole[random.Next(Whole.Length)], random);
            try
            {
                var o = Decoder().DecodeEnvelope(bytes);
                _ = Json(o).GetProperty("metadata");
                read++;
            }
            catch (Exception error) when (error is ObjectFormatException or SchemaGapException)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }

        Assert.True(read > 1000 && refused > 1000, $"read {read}, refused {refused}: the spoiling spoils nothing, or everything");
    }

    [Fact]
    public async Task Spoiled_lists_are_read_or_refused()
    {
        var list = List(Pods.Take(2));
        for (var seed = 1; seed <= 3000; seed++)
        {
            try
            {
                using var body = new BodyBuffer(new MemoryStream(Spoil(list, new Random(seed))), 1 << 22);
                await new ProtoListDecoder(Decoder(), new Sink()).ReadAsync(body, Cancellation);
            }
            catch (Exception error) when (error is ObjectFormatException or SchemaGapException)
            {
                // As it should be.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }
    }

    [Fact]
    public async Task Spoiled_watches_end_in_an_event_an_end_or_an_error()
    {
        byte[] frames = [.. Frame("ADDED", Pods[0]), .. Frame("MODIFIED", Pods[1])];
        for (var seed = 1; seed <= 3000; seed++)
        {
            try
            {
                await using var stream = StreamTests.Watch(new MemoryStream(Spoil(frames, new Random(seed))));
                while (await stream.ReadAsync(Cancellation) is not null) { }
            }
            catch (Exception error) when (error is ObjectFormatException or IOException)
            {
                // As it should be.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }
    }

    [Fact]
    public void Spoiled_refusals_are_still_refusals()
    {
        var status = Envelope(
            System
                .Text.Json.Nodes.JsonNode.Parse(
                    """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"m","reason":"Expired","details":"""
                        + """{"name":"n","causes":[{"reason":"r","message":"m"}],"retryAfterSeconds":1},"code":410}"""
                )!
                .AsObject()
        );
        for (var seed = 1; seed <= 5000; seed++)
        {
            Assert.True(KubernetesStatus.Parse(Spoil(status, new Random(seed))) is not null, $"seed {seed}");
        }
    }

    private static byte[][] Whole { get; } = [.. Pods.Select(Envelope)];

    /// <summary>Cut short, a few bits flipped, a part left out, doubled, or overwritten by noise.</summary>
    private static byte[] Spoil(byte[] bytes, Random random)
    {
        var (at, length) = (random.Next(bytes.Length), random.Next(1, 40));
        var end = Math.Min(bytes.Length, at + length);
        switch (random.Next(5))
        {
            case 0:
                return bytes[..at];
            case 1:
                var flipped = (byte[])bytes.Clone();
                for (var i = random.Next(1, 4); i > 0; i--)
                {
                    flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                }

                return flipped;
            case 2:
                return [.. bytes[..at], .. bytes[end..]];
            case 3:
                return [.. bytes[..end], .. bytes[at..]];
            default:
                var noisy = (byte[])bytes.Clone();
                random.NextBytes(noisy.AsSpan(at, end - at));
                return noisy;
        }
    }
}
