using System.Collections.Immutable;
using Vigia.Catalog;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.States;

/// <summary>A view in the history: what it shows and where one stands in it. The data itself is elsewhere.</summary>
/// <param name="Id">Its number: views with another number have other data.</param>
internal abstract record ViewState(int Id);

/// <summary>A table of a kind.</summary>
internal sealed record TableState(int Id, ResourceEntry Entry) : ViewState(Id)
{
    /// <summary>One namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>What rows are shown; made of the members of the same names.</summary>
    public RowFilter Filter { get; init; } = new();

    public RowOrder Order { get; init; } = RowOrder.Default;

    public bool IsWide { get; init; }

    /// <summary>The row under the cursor; null where nobody has moved yet: then it is the first.</summary>
    public RowKey? Selected { get; init; }

    /// <summary>Where the cursor stands among the rows.</summary>
    public int Cursor { get; init; }

    /// <summary>The first row on the screen.</summary>
    public int Top { get; init; }

    /// <summary>Columns scrolled away behind NAME.</summary>
    public int Left { get; init; }

    public ImmutableHashSet<RowKey> Marks { get; init; } = [];

    public RowKey? LastMark { get; init; }

    /// <summary>The same with another filter.</summary>
    public TableState Filtered(string? text = null, bool? faults = null) =>
        this with
        {
            Filter = new RowFilter(text ?? Filter.Text, Namespace, faults ?? Filter.FaultsOnly, Filter.Scope),
        };

    /// <summary>The same in another namespace.</summary>
    public TableState In(string? ns) =>
        this with
        {
            Namespace = ns,
            Filter = new RowFilter(Filter.Text, ns, Filter.FaultsOnly, Filter.Scope),
            Marks = [],
            LastMark = null,
        };
}

/// <summary>What a text is of.</summary>
internal enum TextKind
{
    Describe,
    Yaml,
    Changes,
    Tree,
    Help,
    Aliases,
    Contexts,
    Forwards,
    Actions,
    Action,
    Logs,
}

/// <summary>A text: of an object, or of the program itself.</summary>
internal sealed record TextState(int Id, TextKind Kind, string Title) : ViewState(Id)
{
    /// <summary>The object's kind and place; null for texts about the program.</summary>
    public ResourceEntry? Entry { get; init; }

    public RowKey Object { get; init; }

    /// <summary>For the steps of something that was done: its number.</summary>
    public int Number { get; init; }

    public int Top { get; init; }

    public int Left { get; init; }

    public bool Wraps { get; init; }

    public string Search { get; init; } = "";

    public bool ManagedFields { get; init; }

    /// <summary>For texts that one chooses a line of.</summary>
    public int Cursor { get; init; }

    /// <summary>For texts that grow: whether the end stays in sight.</summary>
    public bool Follows { get; init; }

    /// <summary>For logs.</summary>
    public LogSettings Logs { get; init; } = new();
}

/// <summary>Which logs.</summary>
internal sealed record LogSettings
{
    /// <summary>One container; null for all.</summary>
    public string? Container { get; init; }

    public bool Previous { get; init; }

    public bool Timestamps { get; init; }

    /// <summary>Lines from the end; null for all.</summary>
    public int? Tail { get; init; } = 500;

    /// <summary>How far back; null for the beginning.</summary>
    public TimeSpan? Since { get; init; }

    /// <summary>Raised to forget what has come.</summary>
    public int Cleared { get; init; }

    /// <summary>Raised to start over.</summary>
    public int Generation { get; init; }
}

/// <summary>The overview.</summary>
internal sealed record PulseState(int Id) : ViewState(Id)
{
    public int Cursor { get; init; }
}
