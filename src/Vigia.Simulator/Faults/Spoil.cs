namespace Vigia.Simulator.Faults;

/// <summary>Corrupts sent objects.</summary>
internal static class Spoil
{
    /// <summary>An object corrupted in the requested way.</summary>
    /// <param name="form">In which way; an unknown type is none of an object's, and breaks its JSON.</param>
    /// <param name="json">The object.</param>
    /// <param name="next">Draws a number below its argument.</param>
    public static byte[] Object(GarbleForm form, ReadOnlySpan<byte> json, Func<int, int> next)
    {
        switch (form)
        {
            case GarbleForm.NoObject:
                return "null"u8.ToArray();
            case GarbleForm.FlippedBytes:
                var flipped = json.ToArray();
                for (var i = 0; i < 3; i++)
                {
                    flipped[1 + next(Math.Max(1, flipped.Length - 2))] |= 0x80; // the braces stay: what is inside is no UTF-8
                }

                return flipped;
            default:
                // A control character is JSON nowhere, so that the rest is not whole by chance.
                return [.. json[..(json.Length / 3)], 0x01, .. json[^1..]];
        }
    }
}
