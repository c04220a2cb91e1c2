using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Auditing;

/// <summary>
/// The audit log's fields of a request, copied so that they outlive it: a stream may outlive its request.
/// </summary>
internal sealed class AuditedRequest
{
    // Longer ones are cut: a line is to be read by people, and a stranger shall not fill the disk with one request.
    private const int LongestText = 512;

    // Of the REST API and of the Kubernetes API; a ticket opens a door, so it is not among them.
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "about",
        "allowWatchBookmarks",
        "changed",
        "cluster",
        "continue",
        "cursor",
        "delivery",
        "deployment",
        "depth",
        "fieldSelector",
        "for",
        "includeObject",
        "kind",
        "labelSelector",
        "lastEventId",
        "last_event_id",
        "limit",
        "namespace",
        "output",
        "page",
        "project",
        "reason",
        "resourceVersion",
        "resourceVersionMatch",
        "resources",
        "search",
        "sendInitialEvents",
        "shape",
        "since",
        "sort",
        "target",
        "timeoutSeconds",
        "type",
        "user",
        "watch",
    };

    private readonly long _id;
    private readonly Caller? _caller;
    private readonly bool _isAllowed;
    private readonly int _status;
    private readonly List<(string Name, string Value)> _texts = [];
    private readonly string? _reason;

    private AuditedRequest(HttpContext context, long id, long began)
    {
        var request = context.Request;
        var refused = context.Features.Get<AccessOutcome>();
        (_id, Began, _caller, _isAllowed, _status) = (
            id,
            began,
            context.Features.Get<Caller>(),
            refused is null,
            context.Response.StatusCode
        );
        _reason = refused?.Reason ?? context.Features.Get<AccessNotes>()?.Text;
        Put("from", context.Connection.RemoteIpAddress?.ToString());
        Put("forwardedFor", request.Headers["X-Forwarded-For"].ToString());
        Put("method", request.Method);
        Put("path", request.Path.Value);
        Put("query", Query(request));
        Put("resource", request.RouteValues["resource"] as string ?? request.Query["resources"].ToString());
        Put("preset", request.RouteValues["preset"] as string);
        Put("cluster", request.Query["cluster"].ToString());
        Put(
            "namespace",
            request.RouteValues["ns"] as string
                ?? (request.Query["namespace"].ToString() is { Length: > 0 } ns ? ns : request.Query["project"].ToString())
        );
    }

    /// <summary>When it began, by the gateway's clock.</summary>
    public long Began { get; }

    /// <summary>Copies the current values.</summary>
    public static AuditedRequest Of(HttpContext context, long id, long began) => new(context, id, began);

    /// <summary>Writes the members of a line.</summary>
    public void Write(Utf8JsonWriter json, string what, DateTimeOffset at, TimeSpan elapsed, long events, long bytes)
    {
        json.WriteString("at"u8, JsonTime.Text(at));
        json.WriteString("event"u8, what);
        json.WriteNumber("id"u8, _id);
        if (_caller is not null)
        {
            json.WriteString("user"u8, _caller.Name);
            if (_caller.Realm.Length > 0)
            {
                json.WriteString("userOf"u8, _caller.Realm);
            }

            json.WriteStartArray("groups"u8);
            foreach (var group in _caller.Groups)
            {
                json.WriteStringValue(group);
            }

            json.WriteEndArray();
        }

        foreach (var (name, value) in _texts)
        {
            json.WriteString(name, value);
        }

        json.WriteBoolean("allowed"u8, _isAllowed);
        if (!string.IsNullOrEmpty(_reason))
        {
            json.WriteString("reason"u8, Shorten(_reason));
        }

        if (what != "open")
        {
            json.WriteNumber("status"u8, _status);
            json.WriteNumber("events"u8, events);
            json.WriteNumber("bytes"u8, bytes);
            json.WriteNumber("ms"u8, Math.Round(elapsed.TotalMilliseconds, 1));
        }
    }

    private void Put(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _texts.Add((name, Shorten(value)));
        }
    }

    private static string Shorten(string value) => value.Length > LongestText ? string.Concat(value.AsSpan(0, LongestText), "…") : value;

    /// <summary>
    /// The query with the values of the API's own parameters; the values of others could be anything.
    /// </summary>
    private static string Query(HttpRequest request) =>
        request.Query.Count == 0
            ? ""
            : string.Join(
                '&',
                request.Query.SelectMany(pair =>
                    pair.Value.Select(value =>
                        Known.Contains(pair.Key) ? string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={value}") : $"{pair.Key}=…"
                    )
                )
            );
}
