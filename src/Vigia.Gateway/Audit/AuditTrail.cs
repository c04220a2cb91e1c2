using System.Globalization;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;

namespace Vigia.Gateway.Audit;

/// <summary>Writes a line for each request when it ends, and one more for a stream when it opens.</summary>
internal sealed class AuditTrail(AuditLog log, TimeProvider time)
{
    // Longer ones are cut: a line is to be read by people, and a stranger shall not fill the disk with one request.
    private const int LongestText = 512;

    private long _requests;

    /// <summary>The outermost step of the pipeline: it sees the answer's status.</summary>
    public async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        var sent = new SentCounter(context);
        context.Features.Set(sent);
        var (id, began) = (Interlocked.Increment(ref _requests), time.GetTimestamp());
        var isStream = AccessNeed.Of(context).AcceptsTickets || context.Request.Query["watch"].ToString() is "true" or "1" or "True";
        var opened = false;
        context.Response.OnStarting(() =>
        {
            if (isStream && context.Response.StatusCode < 400)
            {
                opened = true;
                Write(context, "open", id, sent, began);
            }

            return Task.CompletedTask;
        });
        try
        {
            await next(context);
        }
        finally
        {
            Write(context, opened ? "close" : "request", id, sent, began);
        }
    }

    private void Write(HttpContext context, string what, long id, SentCounter sent, long began)
    {
        var request = context.Request;
        var caller = context.Features.Get<Caller>();
        var refused = context.Features.Get<AccessOutcome>();
        var elapsed = time.GetElapsedTime(began);
        log.Add(AuditLog.Encode(json =>
        {
            json.WriteString("at"u8, Rest.JsonAnswer.Time(time.GetUtcNow()));
            json.WriteString("event"u8, what);
            json.WriteNumber("id"u8, id);
            if (caller is not null)
            {
                json.WriteString("user"u8, caller.Name);
                json.WriteStartArray("groups"u8);
                foreach (var group in caller.Groups)
                {
                    json.WriteStringValue(group);
                }

                json.WriteEndArray();
            }

            Put("from", context.Connection.RemoteIpAddress?.ToString());
            Put("forwardedFor", request.Headers["X-Forwarded-For"].ToString());
            json.WriteString("method"u8, request.Method);
            Put("path", request.Path.Value);
            Put("query", Query(request));
            Put("resource", request.RouteValues["resource"] as string ?? request.Query["resources"].ToString());
            Put("preset", request.RouteValues["preset"] as string);
            Put("cluster", request.Query["cluster"].ToString());
            Put("namespace", request.RouteValues["ns"] as string ?? (request.Query["namespace"].ToString() is { Length: > 0 } ns ? ns : request.Query["project"].ToString()));
            json.WriteBoolean("allowed"u8, refused is null);
            Put("reason", refused?.Reason ?? context.Features.Get<AccessNotes>()?.Text);
            if (what != "open")
            {
                json.WriteNumber("status"u8, context.Response.StatusCode);
                json.WriteNumber("events"u8, sent.Events);
                json.WriteNumber("bytes"u8, sent.Bytes);
                json.WriteNumber("ms"u8, Math.Round(elapsed.TotalMilliseconds, 1));
            }

            void Put(string name, string? value)
            {
                if (!string.IsNullOrEmpty(value))
                {
                    json.WriteString(name, value.Length > LongestText ? string.Concat(value.AsSpan(0, LongestText), "…") : value);
                }
            }
        }));
    }

    /// <summary>The query without what opens doors.</summary>
    private static string Query(HttpRequest request)
        => request.Query.Count == 0 ? "" : string.Join('&', request.Query.SelectMany(pair => pair.Value.Select(value => AccessGate.IsSecret(pair.Key) ? $"{pair.Key}=…" : string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={value}"))));
}
