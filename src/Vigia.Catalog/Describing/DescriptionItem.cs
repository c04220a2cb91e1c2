namespace Vigia.Catalog.Describing;

/// <summary>
/// A part of a description: a field, a section or a table. Lines are made of it, and members of a JSON document.
/// </summary>
/// <param name="Depth">
/// How deep it stands: two blanks for each step. What follows a section and stands deeper belongs to it.
/// </param>
/// <param name="Name">
/// Its name as kubectl writes it, without the colon; empty for a line or a table, which have none.
/// </param>
internal abstract record DescriptionItem(int Depth, string Name);

/// <summary>A name with its value, or with several below each other.</summary>
/// <param name="Depth">How deep it stands.</param>
/// <param name="Name">Its name.</param>
/// <param name="Values">None where there is nothing to say: <c>&lt;none&gt;</c>.</param>
/// <param name="Column">Where values begin, counted from the name.</param>
/// <param name="Tone">How the values are meant.</param>
/// <param name="IsList">True where it is a list by its nature, however many there are.</param>
internal sealed record DescriptionField(int Depth, string Name, IReadOnlyList<string> Values, int Column, Tone Tone, bool IsList)
    : DescriptionItem(Depth, Name);

/// <summary>A heading over what follows it and stands deeper.</summary>
/// <param name="Depth">How deep it stands.</param>
/// <param name="Name">Its name.</param>
/// <param name="Note">What is said beside it, as a number; null for nothing.</param>
internal sealed record DescriptionSection(int Depth, string Name, string? Note) : DescriptionItem(Depth, Name);

/// <summary>A line without a name.</summary>
/// <param name="Depth">How deep it stands.</param>
/// <param name="Text">The line.</param>
/// <param name="Tone">How it is meant.</param>
internal sealed record DescriptionLine(int Depth, string Text, Tone Tone) : DescriptionItem(Depth, "");

/// <summary>A small table.</summary>
/// <param name="Depth">How deep it stands.</param>
/// <param name="Columns">The names of its columns.</param>
/// <param name="Rows">Its rows, each with one cell per column.</param>
/// <param name="Tones">How each row is meant.</param>
internal sealed record DescriptionTable(int Depth, IReadOnlyList<string> Columns, IReadOnlyList<string[]> Rows, IReadOnlyList<Tone> Tones)
    : DescriptionItem(Depth, "");
