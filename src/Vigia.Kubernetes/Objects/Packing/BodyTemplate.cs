using System.Buffers.Binary;

namespace Vigia.Kubernetes.Objects.Packing;

/// <summary>The template of other bodies: its bytes, and the places where each piece of text occurs in them.</summary>
/// <remarks>
/// Immutable but for the anchors, which are built when first needed and dropped by <see cref="TemplateTable"/> when
/// others are needed more. One encoder at a time; any number of readers of <see cref="Json"/>.
/// </remarks>
internal sealed class BodyTemplate(byte[] json)
{
    /// <summary>
    /// Anchors are at the bytes after a quote: in JSON names and values begin there, so two bodies become equal again
    /// there.
    /// </summary>
    private const int AnchorLength = 8;

    // Longer chains would be searched without result: a text that repeats so often is found again at the next one.
    private const int LongestChain = 12;

    // Places are 16 bits: in a longer body the rest is found in step or not at all.
    private const ushort None = ushort.MaxValue;

    private ushort[]? _heads;
    private ushort[]? _next;
    private ushort[]? _positions;

    /// <summary>The body.</summary>
    public byte[] Json => json;

    /// <summary>
    /// The shape of the last object it described; see <see cref="ObjectShape"/>. A hint: any thread may set it.
    /// </summary>
    public ObjectShape? LastShape { get; set; }

    /// <summary>True while the anchors are in memory.</summary>
    public bool HasAnchors => _heads is not null;

    /// <summary>Frees the anchors; they are built again when needed.</summary>
    public void DropAnchors() => (_heads, _next, _positions) = (null, null, null);

    /// <summary>
    /// The place in the template whose text continues as <paramref name="target"/> does at <paramref name="at"/>; of
    /// several the longest match, of equal ones the nearest to <paramref name="expected"/>.
    /// </summary>
    /// <returns>Place and length; a length of 0 if there is none.</returns>
    public (int Place, int Length) Find(ReadOnlySpan<byte> target, int at, int expected)
    {
        if (at + AnchorLength > target.Length)
        {
            return default;
        }

        var heads = _heads ?? BuildAnchors();
        var slot = heads[Hash(target[at..], heads.Length)];
        var (best, length) = (0, 0);
        for (var walked = 0; slot != None && walked < LongestChain; slot = _next![slot], walked++)
        {
            var place = _positions![slot];
            var common = target[at..].CommonPrefixLength(json.AsSpan(place));
            if (common > length || (common == length && common > 0 && Math.Abs(place - expected) < Math.Abs(best - expected)))
            {
                (best, length) = (place, common);
            }
        }

        return (best, length);
    }

    private ushort[] BuildAnchors()
    {
        var reach = json.AsSpan(0, Math.Min(json.Length, None));
        var quotes = reach.Count((byte)'"');
        var heads = new ushort[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, quotes))];
        heads.AsSpan().Fill(None);
        (_next, _positions) = (new ushort[quotes], new ushort[quotes]);

        // From the end, so that a chain returns the first place first.
        ushort slot = 0;
        for (var at = reach.LastIndexOf((byte)'"'); at >= 0; at = reach[..at].LastIndexOf((byte)'"'))
        {
            if (at + 1 + AnchorLength <= reach.Length)
            {
                ref var head = ref heads[Hash(reach[(at + 1)..], heads.Length)];
                (_positions[slot], _next[slot]) = ((ushort)(at + 1), head);
                head = slot++;
            }
        }

        return _heads = heads;
    }

    private static int Hash(ReadOnlySpan<byte> text, int size) =>
        (int)((BinaryPrimitives.ReadUInt64LittleEndian(text) * 0x9E3779B97F4A7C15) >> 40) & (size - 1);
}
