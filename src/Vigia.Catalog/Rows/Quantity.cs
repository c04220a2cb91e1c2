using System.Buffers.Text;

namespace Vigia.Catalog.Rows;

/// <summary>
/// Kubernetes' quantities (apimachinery <c>resource.Quantity</c>): <c>100m</c>, <c>1.5</c>, <c>128Mi</c>, <c>2e3</c>.
/// </summary>
internal static class Quantity
{
    /// <summary>The number; false if the text is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var end = 0;
        while (end < text.Length && text[end] is (>= (byte)'0' and <= (byte)'9') or (byte)'.' or (byte)'+' or (byte)'-')
        {
            end++;
        }

        // An exponent is an e or E that digits follow; an E alone is exa.
        if (
            end + 1 < text.Length
            && text[end] is (byte)'e' or (byte)'E'
            && text[end + 1] is (>= (byte)'0' and <= (byte)'9') or (byte)'+' or (byte)'-'
        )
        {
            end++;
            while (end < text.Length && text[end] is (>= (byte)'0' and <= (byte)'9') or (byte)'+' or (byte)'-')
            {
                end++;
            }
        }

        if (
            end == 0
            || !Utf8Parser.TryParse(text[..end], out double number, out var read)
            || read != end
            || Scale(text[end..]) is not { } scale
        )
        {
            return false;
        }

        // Thousandths are divided: 0.001 has no exact binary form, and 100m would become 0.1000000000001.
        value = scale < 1 ? number / Math.Round(1 / scale) : number * scale;
        return true;
    }

    private static double? Scale(ReadOnlySpan<byte> suffix) =>
        suffix.Length switch
        {
            0 => 1,
            1 => suffix[0] switch
            {
                (byte)'n' => 1e-9,
                (byte)'u' => 1e-6,
                (byte)'m' => 1e-3,
                (byte)'k' => 1e3,
                (byte)'M' => 1e6,
                (byte)'G' => 1e9,
                (byte)'T' => 1e12,
                (byte)'P' => 1e15,
                (byte)'E' => 1e18,
                _ => null,
            },
            2 when suffix[1] == (byte)'i' => suffix[0] switch
            {
                (byte)'K' => 1024d,
                (byte)'M' => 1024d * 1024,
                (byte)'G' => 1024d * 1024 * 1024,
                (byte)'T' => 1024d * 1024 * 1024 * 1024,
                (byte)'P' => 1024d * 1024 * 1024 * 1024 * 1024,
                (byte)'E' => 1024d * 1024 * 1024 * 1024 * 1024 * 1024,
                _ => null,
            },
            _ => null,
        };
}
