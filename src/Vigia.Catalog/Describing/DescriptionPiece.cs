namespace Vigia.Catalog.Describing;

/// <summary>The role of a piece in a line.</summary>
internal enum PiecePart : byte
{
    Value,
    Name,
    Heading,
}

/// <summary>A piece of a description's line.</summary>
internal readonly record struct DescriptionPiece(string Text, PiecePart Part, Tone Tone);
