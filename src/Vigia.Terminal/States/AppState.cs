using System.Collections.Immutable;

namespace Vigia.Terminal.States;

/// <summary>What is being typed into.</summary>
internal enum PromptKind
{
    Command,
    Filter,
    Search,
}

/// <summary>The line one types in.</summary>
/// <param name="Kind">For what.</param>
/// <param name="Text">What was typed.</param>
/// <param name="Caret">Where, in characters.</param>
/// <param name="Before">What stood there before: escape brings it back.</param>
/// <param name="Recall">How far back in the history of commands one is; 0 for not.</param>
internal sealed record PromptState(PromptKind Kind, string Text, int Caret, string Before = "", int Recall = 0);

/// <summary>A message that goes away.</summary>
internal sealed record Toast(string Text, bool IsError, DateTimeOffset Until);

/// <summary>
/// Everything that decides what is on the screen beside the data. Immutable; the reducers make the next one.
/// </summary>
internal sealed record AppState
{
    public required ViewState View { get; init; }

    public int Width { get; init; } = 80;

    public int Height { get; init; } = 24;

    public ImmutableStack<ViewState> Back { get; init; } = [];

    public ImmutableStack<ViewState> Forward { get; init; } = [];

    public PromptState? Prompt { get; init; }

    public DialogState? Dialog { get; init; }

    public Toast? Toast { get; init; }

    public bool HidesHeader { get; init; }

    public bool IsReadOnly { get; init; }

    /// <summary>The namespaces of the keys 1 to 9.</summary>
    public ImmutableList<string> Favourites { get; init; } = [];

    /// <summary>Commands that were given, the latest first.</summary>
    public ImmutableList<string> Commands { get; init; } = [];

    /// <summary>The contexts that are looked at.</summary>
    public ImmutableList<string> Contexts { get; init; } = [];

    public bool? IsLight { get; init; }

    /// <summary>The number of the next view.</summary>
    public int NextId { get; init; } = 1;

    /// <summary>Lines of the body: between header and last line.</summary>
    public int BodyHeight => Math.Max(Height - HeaderHeight - 1, 1);

    /// <summary>Lines of the header, title included.</summary>
    public int HeaderHeight => HidesHeader ? 1 : 3;

    /// <summary>Rows of a table that fit: the body less the line of column names.</summary>
    public int RowsHeight => Math.Max(BodyHeight - 1, 1);
}
