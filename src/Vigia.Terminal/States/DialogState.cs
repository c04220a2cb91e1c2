namespace Vigia.Terminal.States;

/// <summary>Something to be filled in or chosen in a question.</summary>
/// <param name="Name">What the answer is called in <see cref="DialogState.Inputs"/>.</param>
/// <param name="Label">What is asked for.</param>
/// <param name="Value">What stands there now.</param>
/// <param name="Options">What one may choose from; null where it is typed.</param>
internal sealed record DialogField(string Name, string Label, string Value, IReadOnlyList<string>? Options = null)
{
    /// <summary>True where digits alone are taken.</summary>
    public bool IsNumber { get; init; }

    /// <summary>
    /// True while what stands there was offered and nobody has typed: the first letter takes its place.
    /// </summary>
    public bool IsOffered { get; init; } = true;

    /// <summary>True where the options stand one below the other, and the arrow keys go through them.</summary>
    public bool IsList { get; init; }

    /// <summary>The option a few places on, going round.</summary>
    public DialogField Turn(int step)
    {
        var at = Options!.TakeWhile(option => option != Value).Count();
        return this with { Value = Options![(at + step + Options!.Count) % Options!.Count] };
    }
}

/// <summary>An answer to a question.</summary>
/// <param name="Key">The key that gives it.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Effect">What happens then; null for nothing.</param>
internal sealed record DialogChoice(string Key, string Label, Effect? Effect = null);

/// <summary>What a question says, for what has been filled in so far.</summary>
/// <param name="Lines">What will happen: the kubectl commands that do the same, and what else is to be known.</param>
/// <param name="Problem">Why what was filled in cannot be done; null where it can.</param>
internal sealed record DialogText(IReadOnlyList<string> Lines, string? Problem = null);

/// <summary>A question that wants an answer before anything happens.</summary>
/// <param name="Title">What will happen.</param>
/// <param name="Write">What it says; a pure function of what has been filled in.</param>
/// <param name="Choices">The answers; the first one is what enter in a field means.</param>
internal sealed record DialogState(
    string Title,
    Func<IReadOnlyDictionary<string, string>, DialogText> Write,
    IReadOnlyList<DialogChoice> Choices
)
{
    /// <summary>What is filled in; empty for none.</summary>
    public IReadOnlyList<DialogField> Fields { get; init; } = [];

    /// <summary>Where the keys go: a field, or behind these an answer.</summary>
    public int Focus { get; init; }

    /// <summary>What happens on escape; null for nothing.</summary>
    public Effect? Cancelled { get; init; }

    /// <summary>The answers so far, by the fields' names.</summary>
    public IReadOnlyDictionary<string, string> Inputs => Fields.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);

    /// <summary>The field the keys go to; null where that is an answer.</summary>
    public DialogField? Field => Focus < Fields.Count ? Fields[Focus] : null;

    /// <summary>A question with yes and no, where no is the default.</summary>
    public static DialogState Ask(string title, IReadOnlyList<string> lines, Effect effect) =>
        new(title, _ => new(lines), [new("y", "yes", effect), new("n", "no")]) { Focus = 1 };
}
