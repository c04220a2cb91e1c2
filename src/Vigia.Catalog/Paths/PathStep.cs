namespace Vigia.Catalog.Paths;

/// <summary>A value's place in the bytes of an object.</summary>
internal readonly record struct Place(int Start, int Length)
{
    public JsonView In(ReadOnlySpan<byte> json) => new(json.Slice(Start, Length));

    public static Place Of(ReadOnlySpan<byte> json, JsonView view)
    {
        json.Overlaps(view.Raw, out var start);
        return new(start, view.Raw.Length);
    }
}

/// <summary>A step of a path: from values to the values behind them, all at once, in client-go's order.</summary>
internal abstract record PathStep
{
    // '..' after '..' multiplies: a definition in a cluster must not be able to exhaust the memory of a program that
    // shows its table.
    protected const int MostPlaces = 10_000;

    /// <summary>The values behind; null if the step cannot be done, which ends the path without a value.</summary>
    public abstract List<Place>? Next(ReadOnlySpan<byte> json, List<Place> values);

    /// <summary>The result of the steps; null if one of them fails.</summary>
    public static List<Place>? Walk(ReadOnlySpan<byte> json, IEnumerable<PathStep> steps) => Walk(json, [new Place(0, json.Length)], steps);

    public static List<Place>? Walk(ReadOnlySpan<byte> json, List<Place> values, IEnumerable<PathStep> steps)
    {
        foreach (var step in steps)
        {
            if (step.Next(json, values) is not { Count: <= MostPlaces } following)
            {
                return null;
            }

            values = following;
        }

        return values;
    }
}

/// <summary>A member of an object. Values without it are left out.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Nested">
/// For a quoted name with dots: the same as names within each other, which is how client-go reads it.
/// </param>
internal sealed record FieldStep(byte[] Name, PathStep[]? Nested = null) : PathStep
{
    public override List<Place>? Next(ReadOnlySpan<byte> json, List<Place> values)
    {
        if (Nested is not null && Walk(json, values, Nested) is { Count: > 0 } nested)
        {
            return nested;
        }

        var found = new List<Place>();
        foreach (var value in values)
        {
            var member = value.In(json)[Name];
            if (member.Raw.Length > 0)
            {
                found.Add(Place.Of(json, member));
            }
        }

        return found;
    }
}

/// <summary>All members of an object or items of an array.</summary>
internal sealed record AllStep : PathStep
{
    public override List<Place> Next(ReadOnlySpan<byte> json, List<Place> values)
    {
        var found = new List<Place>();
        foreach (var value in values)
        {
            foreach (var item in value.In(json).Items())
            {
                found.Add(Place.Of(json, item));
            }
        }

        return found;
    }
}

/// <summary>Every value that holds others, the outer before the inner.</summary>
internal sealed record DescendStep : PathStep
{
    public override List<Place>? Next(ReadOnlySpan<byte> json, List<Place> values)
    {
        var found = new List<Place>();
        foreach (var value in values)
        {
            if (!Add(json, value, found))
            {
                return null;
            }
        }

        return found;
    }

    private static bool Add(ReadOnlySpan<byte> json, Place value, List<Place> found)
    {
        var view = value.In(json);
        if (view.Count == 0)
        {
            return true;
        }

        found.Add(value);
        if (found.Count > MostPlaces)
        {
            return false;
        }

        foreach (var item in view.Items())
        {
            if ((item.IsObject || item.IsArray) && !Add(json, Place.Of(json, item), found))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Items of an array from one to before another.</summary>
/// <param name="From">The first; null for the beginning, negative from the end.</param>
/// <param name="To">The one after the last; null for the end.</param>
/// <param name="Step">Each how many.</param>
/// <param name="IsIndex">True for one item: its end follows from its beginning.</param>
internal sealed record SliceStep(int? From, int? To, int Step, bool IsIndex) : PathStep
{
    public override List<Place>? Next(ReadOnlySpan<byte> json, List<Place> values)
    {
        var found = new List<Place>();
        foreach (var value in values)
        {
            var view = value.In(json);
            if (view.IsAbsent)
            {
                continue;
            }

            if (!view.IsArray)
            {
                return null;
            }

            var length = view.Count;
            var from = Within(From ?? 0, length);
            var to =
                To is not { } end ? length
                : end < 0 || (end == 0 && IsIndex) ? end + length
                : end;
            if (from == to)
            {
                return found;
            }

            if (from < 0 || from >= length || to > length || from > to)
            {
                return null;
            }

            var at = 0;
            foreach (var item in view.Items())
            {
                if (at >= from && at < to && (at - from) % Step == 0)
                {
                    found.Add(Place.Of(json, item));
                }

                at++;
            }
        }

        return found;
    }

    private static int Within(int index, int length) => index < 0 ? index + length : index;
}

/// <summary>The results of several steps, one after the other.</summary>
internal sealed record UnionStep(IReadOnlyList<PathStep[]> Parts) : PathStep
{
    public override List<Place>? Next(ReadOnlySpan<byte> json, List<Place> values)
    {
        var found = new List<Place>();
        foreach (var part in Parts)
        {
            if (Walk(json, values, part) is not { } places)
            {
                return null;
            }

            found.AddRange(places);
        }

        return found;
    }
}
