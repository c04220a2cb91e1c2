using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Vigia.Gateway.Tests.Tracing;

/// <summary>
/// A collector on loopback that takes OTLP over HTTP and protobuf, and remembers what it was sent (opentelemetry-proto:
/// trace/v1, metrics/v1).
/// </summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpCollector(WebApplication app) => _app = app;

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    /// <summary>Metrics by name: the number of data points of the last export that had any, and their kind.</summary>
    public ConcurrentDictionary<string, (string Kind, int Points)> Metrics { get; } = new();

    public ConcurrentDictionary<string, string> Resource { get; } = new();

    /// <summary>What is answered.</summary>
    public int Status { get; set; } = 200;

    public int Requests { get; private set; }

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector._app.MapPost("/v1/traces", context => collector.TakeAsync(context, collector.TakeTraces));
        collector._app.MapPost("/v1/metrics", context => collector.TakeAsync(context, collector.TakeMetrics));
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<byte[]> take)
    {
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Requests++;
        context.Response.StatusCode = Status;
        if (Status == 200)
        {
            take(body.ToArray());
        }
    }

    private void TakeTraces(byte[] request)
    {
        foreach (var resource in Messages(request, 1))
        {
            TakeResource(resource);
            foreach (var span in Messages(resource, 2).SelectMany(scope => Messages(scope, 2)))
            {
                Spans.Enqueue(
                    new OtlpSpan(
                        Text(span, 5),
                        Messages(span, 4).FirstOrDefault() is { Length: > 0 } parent ? Convert.ToHexString(parent) : "",
                        Messages(span, 9).Select(Attribute).ToDictionary(pair => pair.Key, pair => pair.Value)
                    )
                );
            }
        }
    }

    private void TakeMetrics(byte[] request)
    {
        foreach (var resource in Messages(request, 1))
        {
            TakeResource(resource);
            foreach (var metric in Messages(resource, 2).SelectMany(scope => Messages(scope, 2)))
            {
                foreach (var (field, kind) in new[] { (5, "gauge"), (7, "sum"), (9, "histogram") })
                {
                    foreach (var data in Messages(metric, field))
                    {
                        Metrics[Text(metric, 1)] = (kind, Messages(data, 1).Count());
                    }
                }
            }
        }
    }

    private void TakeResource(byte[] scoped)
    {
        foreach (var pair in Messages(scoped, 1).SelectMany(resource => Messages(resource, 1)).Select(Attribute))
        {
            Resource[pair.Key] = pair.Value;
        }
    }

    /// <summary>A KeyValue: key 1, AnyValue 2 with string 1, bool 2, int 3.</summary>
    private static KeyValuePair<string, string> Attribute(byte[] pair)
    {
        var value = Messages(pair, 2).FirstOrDefault() ?? [];
        return new(
            Text(pair, 1),
            Read(value)
                .Select(field =>
                    field.Number == 1
                        ? Encoding.UTF8.GetString(field.Bytes!)
                        : field.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)
                )
                .FirstOrDefault()
                ?? ""
        );
    }

    private static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Messages(message, number).FirstOrDefault() ?? []);

    private static IEnumerable<byte[]> Messages(byte[] message, int number) =>
        Read(message).Where(field => field.Number == number && field.Bytes is not null).Select(field => field.Bytes!);

    /// <summary>
    /// Protocol buffers' wire format, as far as it goes here: varints, fixed lengths, and what says its length.
    /// </summary>
    private static List<(int Number, ulong Value, byte[]? Bytes)> Read(byte[] message)
    {
        var fields = new List<(int, ulong, byte[]?)>();
        for (var at = 0; at < message.Length; )
        {
            var tag = Varint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, Varint(message, ref at), null));
                    break;
                case 1:
                    at += 8;
                    fields.Add((number, BitConverter.ToUInt64(message, at - 8), null));
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    fields.Add((number, 0, message[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    fields.Add((number, BitConverter.ToUInt32(message, at - 4), null));
                    break;
                default:
                    throw new FormatException($"wire type {tag & 7} at {at}");
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }
}

/// <summary>A span as it came.</summary>
internal sealed record OtlpSpan(string Name, string Parent, IReadOnlyDictionary<string, string> Attributes);
