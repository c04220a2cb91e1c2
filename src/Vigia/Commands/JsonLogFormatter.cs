using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Vigia.Commands;

/// <summary>
/// Writes a log message as one line of JSON: <c>{"time", "level", "event", "category", "cluster", "resource", "cause",
/// "message", …, "error"}</c>.
/// </summary>
/// <remarks>
/// <c>cluster</c>, <c>resource</c> and <c>cause</c> stand in every line, null if it is about none. Beside them the
/// message's arguments under their own names; <c>error</c> is an exception with its stack.
/// </remarks>
internal sealed class JsonLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "vigia-json";

    private static readonly SearchValues<char> Turning = SearchValues.Create("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069");

    // Lines are read by people as well; nothing here is put into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var arguments = logEntry.State as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
        var about = About.Of(arguments);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level"u8, Word(logEntry.LogLevel));
            json.WriteNumber("event"u8, logEntry.EventId.Id);
            json.WriteString("category"u8, logEntry.Category);
            json.WriteString("cluster"u8, about.Cluster);
            json.WriteString("resource"u8, about.Resource);
            json.WriteString("cause"u8, about.Cause ?? logEntry.Exception?.Message);
            json.WriteString("message"u8, logEntry.Formatter(logEntry.State, logEntry.Exception));
            foreach (var (name, value) in arguments)
            {
                if (name is not ("{OriginalFormat}" or "Cluster" or "Resource" or "Reason"))
                {
                    WriteArgument(json, JsonNamingPolicy.CamelCase.ConvertName(name), value);
                }
            }

            if (logEntry.Exception is { } error)
            {
                json.WriteString("error"u8, error.ToString());
            }

            json.WriteEndObject();
        }

        textWriter.WriteLine(Escaped(Encoding.UTF8.GetString(buffer.WrittenSpan)));
    }

    /// <summary>
    /// The encoder escapes control characters, but not those that turn the direction of text: a terminal that shows the
    /// line would obey them.
    /// </summary>
    private static string Escaped(string line) =>
        line.AsSpan().IndexOfAny(Turning) < 0
            ? line
            : string.Concat(
                line.Select(static c => Turning.Contains(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString())
            );

    private static void WriteArgument(Utf8JsonWriter json, string name, object? value)
    {
        // An argument may be called as one of ours.
        name = name is "time" or "level" or "event" or "category" or "cause" or "message" or "error" ? name + "_" : name;
        switch (value)
        {
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string Word(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trace",
            LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            LogLevel.Error => "error",
            _ => "critical",
        };

    /// <summary>
    /// The subject of a message: its own placeholders, or the feeds (<c>cluster/resource</c>) of a stream.
    /// </summary>
    private sealed record About(string? Cluster, string? Resource, string? Cause)
    {
        public static About Of(IReadOnlyList<KeyValuePair<string, object?>> arguments)
        {
            string? cluster = null,
                resource = null,
                cause = null,
                feeds = null;
            foreach (var (name, value) in arguments)
            {
                switch (name)
                {
                    case "Cluster":
                        cluster = value?.ToString();
                        break;
                    case "Resource":
                        resource = value?.ToString();
                        break;
                    case "Reason":
                        cause = value?.ToString();
                        break;
                    case "Resources" or "Feed":
                        feeds = value?.ToString();
                        break;
                }
            }

            feeds ??= resource is not null && cluster is null && resource.Contains('/', StringComparison.Ordinal) ? resource : null;
            if (feeds is null)
            {
                return new(cluster, resource, cause);
            }

            var parts = feeds
                .Split(',')
                .Select(static feed =>
                    feed.LastIndexOf('/') is var slash and >= 0
                        ? (Cluster: feed[..slash], Resource: feed[(slash + 1)..])
                        : (Cluster: null, Resource: feed)
                )
                .ToArray();
            var clusters = parts.Select(static part => part.Cluster).Distinct(StringComparer.Ordinal).ToArray();
            return new(
                cluster ?? (clusters.Length == 1 ? clusters[0] : null),
                string.Join(',', parts.Select(static part => part.Resource).Distinct(StringComparer.Ordinal)),
                cause
            );
        }
    }
}
