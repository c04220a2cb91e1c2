namespace Vigia.Catalog.Describing;

/// <summary>
/// A part of a description: a field, a section or a table. Lines are made of it, and members of a JSON document.
/// </summary>
/// <param name="Depth">Its indentation: two blanks for each step. Deeper items after a section belong to it.</param>
/// <param name="Name">
/// Its name as kubectl writes it, without the colon; empty for a line or a table, which have none.
/// </param>
internal abstract record DescriptionItem(int Depth, string Name);

/// <summary>A name with its value, or with several below each other.</summary>
/// <param name="Depth">Its indentation.</param>
/// <param name="Name">Its name.</param>
/// <param name="Values">None if there is nothing to say: <c>&lt;none&gt;</c>.</param>
/// <param name="Column">Where values begin, counted from the name.</param>
/// <param name="Tone">How the values are meant.</param>
/// <param name="IsList">True if it is a list by its nature, however many there are.</param>
internal sealed record DescriptionField(int Depth, string Name, IReadOnlyList<string> Values, int Column, Tone Tone, bool IsList)
    : DescriptionItem(Depth, Name);

/// <summary>A heading over the deeper items after it.</summary>
/// <param name="Depth">Its indentation.</param>
/// <param name="Name">Its name.</param>
/// <param name="Note">Text beside the heading, for example a number; null for none.</param>
internal sealed record DescriptionSection(int Depth, string Name, string? Note) : DescriptionItem(Depth, Name);

/// <summary>A line without a name.</summary>
/// <param name="Depth">Its indentation.</param>
/// <param name="Text">The line.</param>
/// <param name="Tone">How it is meant.</param>
internal sealed record DescriptionLine(int Depth, string Text, Tone Tone) : DescriptionItem(Depth, "");

/// <summary>A small table.</summary>
/// <param name="Depth">Its indentation.</param>
/// <param name="Columns">The names of its columns.</param>
/// <param name="Rows">Its rows, each with one cell per column.</param>
/// <param name="Tones">How each row is meant.</param>
internal sealed record DescriptionTable(int Depth, IReadOnlyList<string> Columns, IReadOnlyList<string[]> Rows, IReadOnlyList<Tone> Tones)
    : DescriptionItem(Depth, "");
