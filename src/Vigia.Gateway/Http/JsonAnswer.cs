using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Informers;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Http;

/// <summary>Writes answers straight into the response.</summary>
internal static class JsonAnswer
{
    public static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, Options))
        {
            write(json);
        }

        await AnswerPace.FlushAsync(context);
    }

    /// <summary><c>"freshness": {"state": "live" | "stale", "since", "reason", "nextTry"}</c>.</summary>
    public static void WriteFreshness(Utf8JsonWriter json, Freshness freshness)
    {
        json.WriteStartObject("freshness"u8);
        json.WriteString("state"u8, freshness.IsLive ? "live"u8 : "stale"u8);
        json.WriteString("since"u8, JsonTime.Text(freshness.Since));
        if (freshness.Reason is { } reason)
        {
            json.WriteString("reason"u8, reason);
        }

        if (freshness.NextTry is { } next)
        {
            json.WriteString("nextTry"u8, JsonTime.Text(next));
        }

        json.WriteEndObject();
    }

    public static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } moment)
        {
            json.WriteString(name, JsonTime.Text(moment));
        }
    }
}
