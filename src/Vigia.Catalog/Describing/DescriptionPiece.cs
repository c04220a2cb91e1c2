namespace Vigia.Catalog.Describing;

/// <summary>What part of a line a piece is.</summary>
internal enum PiecePart : byte
{
    Value,
    Name,
    Heading,
}

/// <summary>A piece of a description's line.</summary>
internal readonly record struct DescriptionPiece(string Text, PiecePart Part, Tone Tone);
