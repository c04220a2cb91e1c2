using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;
using Vigia.Live.Events;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Http;

/// <summary>
/// The parameters of lists and streams of Kubernetes events, in addition to those of every resource: the same in both.
/// </summary>
/// <remarks>
/// <c>type</c>, <c>reason</c> and <c>kind</c> take one or several values, joined by commas. <c>about</c> is the uid of
/// an object, or <c>KIND/NAMESPACE/NAME</c>, or <c>KIND/NAME</c> for an object of the cluster.
/// <c>since</c> is a moment (RFC 3339) or a duration before now (<c>90s</c>, <c>15m</c>, <c>2h</c>, <c>1d</c>) and is
/// compared with when the event was last seen. Events of both APIs are understood: <c>involvedObject</c> and
/// <c>regarding</c>.
/// </remarks>
internal static class EventQuery
{
    private const int LongestText = 1024;

    /// <summary>The query, with the request's event parameters added.</summary>
    /// <exception cref="QueryException">A parameter cannot be understood.</exception>
    public static LiveQuery With(LiveQuery query, IQueryCollection parameters, DateTimeOffset now)
    {
        var filter = Parse(parameters, now);
        return filter.Text.Length == 0 ? query : query.And(filter.Text, o => filter.Matches(EventAbout.Of(o), EventRecord.Of(o)));
    }

    /// <summary>The event parameters.</summary>
    /// <exception cref="QueryException">A parameter cannot be understood.</exception>
    public static EventFilter Parse(IQueryCollection parameters, DateTimeOffset now)
    {
        var filter = new EventFilter();
        if (Names(parameters, "type") is { Count: > 0 } types)
        {
            filter.Add($"type={Text(types)}", (_, e) => types.Contains(e.Type));
        }

        if (Names(parameters, "reason") is { Count: > 0 } reasons)
        {
            filter.Add($"reason={Text(reasons)}", (_, e) => reasons.Contains(e.Reason));
        }

        if (Names(parameters, "kind") is { Count: > 0 } kinds)
        {
            filter.Add($"kind={Text(kinds)}", (about, _) => kinds.Contains(about.Kind));
        }

        if (Single(parameters, "about") is { } about)
        {
            filter.Add($"about={about}", ParseAbout(about));
        }

        if (Single(parameters, "since") is { } since)
        {
            var from = Moment(since, now);

            // The text as received: a stream that is opened again with the same duration continues with its cursor.
            filter.Add($"since={since}", (_, e) => e.Last >= from);
        }

        return filter;
    }

    private static Func<EventAbout, EventRecord, bool> ParseAbout(string about)
    {
        var parts = about.Split('/');
        return parts switch
        {
            [{ Length: > 0 } uid] => (found, _) => found.Uid == uid,
            [{ Length: > 0 } kind, { Length: > 0 } name] => (found, _) =>
                IsKind(found, kind) && found.Namespace.Length == 0 && found.Name == name,
            [{ Length: > 0 } kind, { Length: > 0 } ns, { Length: > 0 } name] => (found, _) =>
                IsKind(found, kind) && found.Namespace == ns && found.Name == name,
            _ => throw new QueryException("about", $"'{about}' is not a uid, KIND/NAMESPACE/NAME or KIND/NAME"),
        };
    }

    private static bool IsKind(EventAbout about, string kind) => string.Equals(about.Kind, kind, StringComparison.OrdinalIgnoreCase);

    private static DateTimeOffset Moment(string text, DateTimeOffset now)
    {
        if (
            char.IsAsciiDigit(text[0])
            && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Unit(text[^1]) is { } unit
        )
        {
            return unit.Ticks <= (now - DateTimeOffset.UnixEpoch).Ticks / Math.Max(1, number)
                ? now - (unit * number)
                : DateTimeOffset.UnixEpoch;
        }

        return
            text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : throw new QueryException(
                "since",
                $"'{text}' is not a time, for example 2026-01-31T12:00:00Z, or a duration before now, for example 90s, 15m, 2h or 1d"
            );
    }

    private static TimeSpan? Unit(char unit) =>
        unit switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };

    private static HashSet<string> Names(IQueryCollection parameters, string name) =>
        Checked(name, parameters[name])
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static string? Single(IQueryCollection parameters, string name)
    {
        var values = Checked(name, parameters[name]).Where(value => !string.IsNullOrWhiteSpace(value)).ToArray();
        return values.Length <= 1
            ? values.FirstOrDefault()?.Trim()
            : throw new QueryException(name, $"it is given {values.Length} times; give it once");
    }

    private static StringValues Checked(string name, StringValues values) =>
        values.Sum(value => value?.Length ?? 0) <= LongestText
            ? values
            : throw new QueryException(name, $"it is longer than {LongestText} characters");

    private static string Text(HashSet<string> names) =>
        string.Join(',', names.Select(name => name.ToLowerInvariant()).Order(StringComparer.Ordinal));
}
