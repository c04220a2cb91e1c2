using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Vigia.Catalog.Paths;
using Vigia.Gateway.Queries;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Events;

/// <summary>What lists and streams of Kubernetes events can be asked beside what every resource can: the same words mean the same in both.</summary>
/// <remarks>
/// <c>type</c>, <c>reason</c> and <c>kind</c> take one or several values, joined by commas. <c>about</c> is the uid of an object, or <c>KIND/NAMESPACE/NAME</c>, or <c>KIND/NAME</c> for an object of the cluster.
/// <c>since</c> is a moment (RFC 3339) or a duration before now (<c>90s</c>, <c>15m</c>, <c>2h</c>, <c>1d</c>) and is compared with when the event was last seen. Events of both APIs are understood: <c>involvedObject</c> and <c>regarding</c>.
/// </remarks>
internal static class EventQuery
{
    private const int LongestText = 1024;

    /// <summary>The query, and what the request's parameters add to it.</summary>
    /// <exception cref="QueryException">A parameter cannot be understood.</exception>
    public static LiveQuery With(LiveQuery query, IQueryCollection parameters, DateTimeOffset now)
    {
        if (Names(parameters, "type") is { Count: > 0 } types)
        {
            query = query.And($"type={Text(types)}", o => Is(o, types, static json => json["type"u8].Text));
        }

        if (Names(parameters, "reason") is { Count: > 0 } reasons)
        {
            query = query.And($"reason={Text(reasons)}", o => Is(o, reasons, static json => json["reason"u8].Text));
        }

        if (Names(parameters, "kind") is { Count: > 0 } kinds)
        {
            query = query.And($"kind={Text(kinds)}", o => Is(o, kinds, static json => About(json)["kind"u8].Text));
        }

        if (Single(parameters, "about") is { } about)
        {
            query = query.And($"about={about}", ParseAbout(about));
        }

        if (Single(parameters, "since") is { } since)
        {
            var from = Moment(since, now);

            // The text as it was given: a stream that is opened again with the same duration goes on with its cursor.
            query = query.And($"since={since}", o => Last(o) >= from);
        }

        return query;
    }

    private static Func<RawObject, bool> ParseAbout(string about)
    {
        var parts = about.Split('/');
        return parts switch
        {
            [{ Length: > 0 } uid] => o => Reads(o, json => json["uid"u8].Text == uid),
            [{ Length: > 0 } kind, { Length: > 0 } name] => o => Reads(o, json => IsKind(json, kind) && json["namespace"u8].Text is null or "" && json["name"u8].Text == name),
            [{ Length: > 0 } kind, { Length: > 0 } ns, { Length: > 0 } name] => o => Reads(o, json => IsKind(json, kind) && json["namespace"u8].Text == ns && json["name"u8].Text == name),
            _ => throw new QueryException("about", $"'{about}' is neither a uid nor KIND/NAMESPACE/NAME nor KIND/NAME"),
        };
    }

    private static bool IsKind(JsonView about, string kind) => string.Equals(about["kind"u8].Text, kind, StringComparison.OrdinalIgnoreCase);

    private static bool Reads(RawObject o, AboutTest test)
    {
        using var lease = o.Open();
        return test(About(new JsonView(lease.Span)));
    }

    private static bool Is(RawObject o, HashSet<string> wanted, TextOf read)
    {
        using var lease = o.Open();
        return read(new JsonView(lease.Span)) is { } text && wanted.Contains(text);
    }

    private static DateTimeOffset? Last(RawObject o)
    {
        using var lease = o.Open();
        return Catalog.Projections.Events.LastSeen(new JsonView(lease.Span)) ?? o.CreationTimestamp;
    }

    private static JsonView About(JsonView json) => json["involvedObject"u8].IsAbsent ? json["regarding"u8] : json["involvedObject"u8];

    private static DateTimeOffset Moment(string text, DateTimeOffset now)
    {
        if (char.IsAsciiDigit(text[0]) && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Unit(text[^1]) is { } unit)
        {
            return unit.Ticks <= (now - DateTimeOffset.UnixEpoch).Ticks / Math.Max(1, number) ? now - (unit * number) : DateTimeOffset.UnixEpoch;
        }

        return text.Contains('T', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : throw new QueryException("since", $"'{text}' is neither a moment, as 2026-01-31T12:00:00Z, nor a duration before now, as 90s, 15m, 2h or 1d");
    }

    private static TimeSpan? Unit(char unit) => unit switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };

    private static HashSet<string> Names(IQueryCollection parameters, string name)
        => Checked(name, parameters[name]).SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static string? Single(IQueryCollection parameters, string name)
    {
        var values = Checked(name, parameters[name]).Where(value => !string.IsNullOrWhiteSpace(value)).ToArray();
        return values.Length <= 1 ? values.FirstOrDefault()?.Trim() : throw new QueryException(name, $"it is given {values.Length} times; give it once");
    }

    private static StringValues Checked(string name, StringValues values)
        => values.Sum(value => value?.Length ?? 0) <= LongestText ? values : throw new QueryException(name, $"it is longer than {LongestText} characters");

    private static string Text(HashSet<string> names) => string.Join(',', names.Select(name => name.ToLowerInvariant()).Order(StringComparer.Ordinal));

    private delegate string? TextOf(JsonView json);

    private delegate bool AboutTest(JsonView about);
}
