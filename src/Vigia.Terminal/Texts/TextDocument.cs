using Vigia.Catalog;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Texts;

/// <summary>What a piece of text is: the theme gives it a colour.</summary>
internal enum TextRole : byte
{
    Plain,
    Key,
    Text,
    Number,
    Word,
    Comment,
    Heading,
    Good,
    Warning,
    Bad,
    Muted,
    Added,
    Removed,
    Accent,
}

/// <summary>A piece of a line.</summary>
internal readonly record struct TextSpan(string Text, TextRole Role = TextRole.Plain);

/// <summary>An object that a line leads to.</summary>
internal sealed record JumpTarget(ResourceEntry Entry, RowKey Object);

/// <summary>A line.</summary>
/// <param name="Spans">Its pieces.</param>
/// <param name="Command">What enter does on it, as a command; null for nothing.</param>
/// <param name="Target">The object enter leads to; null for none.</param>
internal sealed record TextLine(IReadOnlyList<TextSpan> Spans, string? Command = null, JumpTarget? Target = null)
{
    private string? _plain;

    /// <summary>The text alone.</summary>
    public string Plain => _plain ??= Spans.Count == 1 ? Spans[0].Text : string.Concat(Spans.Select(span => span.Text));

    public static TextLine Of(string text, TextRole role = TextRole.Plain) => new([new(text, role)]);
}

/// <summary>A text with its lines; a new one for every change.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Note">What is to be said of the whole in the title, as that it still loads; null for nothing.</param>
/// <param name="IsStale">Whether it may no longer be so.</param>
internal sealed record TextDocument(IReadOnlyList<TextLine> Lines, string? Note = null, bool IsStale = false)
{
    public static TextDocument Empty { get; } = new([]);

    public static TextDocument Loading { get; } = new([], "loading…");

    /// <summary>True where a line is chosen with the cursor.</summary>
    public bool HasChoices => Lines.Any(line => line.Command is not null || line.Target is not null);

    /// <summary>The first match at or after a line (or before it), going round; -1 for none.</summary>
    public int Find(string search, int from, bool forward)
    {
        if (search.Length == 0)
        {
            return -1;
        }

        for (var i = 0; i < Lines.Count; i++)
        {
            var at = ((from + (forward ? i : -i)) % Lines.Count + Lines.Count) % Lines.Count;
            if (Lines[at].Plain.Contains(search, StringComparison.OrdinalIgnoreCase))
            {
                return at;
            }
        }

        return -1;
    }
}
