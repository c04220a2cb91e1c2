namespace Vigia.Catalog.Describing;

/// <summary>How a value of a description is meant: what colour it deserves.</summary>
internal enum Tone : byte
{
    Plain,
    Good,
    Warning,
    Bad,
    Muted,
    Accent,
    Text,
}
