using System.Globalization;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>An object as a family of metrics sees it: its header, and where its spec and status lie.</summary>
/// <param name="o">The object.</param>
/// <param name="flags">The flags from the first look at it (<see cref="ObjectResource.Classify"/>).</param>
/// <param name="root">All of it; absent for families that need the flags and the header alone.</param>
/// <param name="spec">Its spec.</param>
/// <param name="status">Its status.</param>
internal readonly ref struct ObjectView(RawObject o, int flags, JsonView root, JsonView spec, JsonView status)
{
    /// <summary>The header.</summary>
    public RawObject Object { get; } = o;

    /// <inheritdoc cref="ObjectResource.Classify"/>
    public int Flags { get; } = flags;

    /// <summary>The body.</summary>
    public JsonView Root { get; } = root;

    /// <summary><c>spec</c>.</summary>
    public JsonView Spec { get; } = spec;

    /// <summary><c>status</c>.</summary>
    public JsonView Status { get; } = status;

    /// <summary>The condition of a type; absent where there is none.</summary>
    public static JsonView Condition(JsonView status, ReadOnlySpan<byte> type)
    {
        foreach (var condition in status["conditions"u8].Items())
        {
            if (condition["type"u8].TextEquals(type))
            {
                return condition;
            }
        }

        return default;
    }

    /// <summary>A time as seconds since 1970; NaN where there is none.</summary>
    public static double Seconds(JsonView time)
    {
        // Kubernetes' own form, by hand: a pod has three of them, and a string each would be garbage.
        var text = time.IsString ? time.Raw : default;
        if (
            text.Length >= 22
            && text[21] == (byte)'"'
            && text[20] == (byte)'Z'
            && Digits(text, 1, 4) is var year and > 1
            && Digits(text, 6, 2) is var month and >= 1 and <= 12
            && Digits(text, 9, 2) is var day and >= 1
            && day <= DateTime.DaysInMonth(year, month)
            && Digits(text, 12, 2) is var hour and >= 0 and < 24
            && Digits(text, 15, 2) is var minute and >= 0 and < 60
            && Digits(text, 18, 2) is var second and >= 0 and < 60
        )
        {
            return new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).ToUnixTimeSeconds();
        }

        return
            time.IsString
            && DateTimeOffset.TryParse(time.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            && at.Year > 1
            ? at.ToUnixTimeMilliseconds() / 1000d
            : double.NaN;
    }

    /// <summary>A time as seconds since 1970; NaN where there is none.</summary>
    public static double Seconds(DateTimeOffset? time) => time is { } at ? at.ToUnixTimeSeconds() : double.NaN;

    private static int Digits(ReadOnlySpan<byte> text, int at, int count)
    {
        var number = 0;
        foreach (var c in text.Slice(at, count))
        {
            if (c is < (byte)'0' or > (byte)'9')
            {
                return -1;
            }

            number = (number * 10) + c - '0';
        }

        return number;
    }
}
