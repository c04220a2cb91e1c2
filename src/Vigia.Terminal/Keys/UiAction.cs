namespace Vigia.Terminal.Keys;

/// <summary>What a key can do. Where each is bound stands in <see cref="KeyTable"/>.</summary>
internal enum UiAction
{
    Command,
    Filter,
    Help,
    Back,
    LastView,
    HistoryBack,
    HistoryForward,
    Quit,
    ToggleHeader,
    Redraw,
    Aliases,
    Pulse,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    ScrollLeft,
    ScrollRight,
    Open,
    Describe,
    Yaml,
    Changes,
    Logs,
    PreviousLogs,
    Tree,
    Owner,
    UsedBy,
    ShowNode,
    CopyName,
    CopyNamespace,
    Namespace,
    Wide,
    Faults,
    ClearFilter,
    Mark,
    MarkRange,
    ClearMarks,
    Save,
    SortName,
    SortAge,
    SortStatus,
    SortNamespace,
    SortNext,
    SortPrevious,
    SortReverse,
    Delete,
    Kill,
    Scale,
    Restart,
    Cordon,
    Uncordon,
    Drain,
    Edit,
    Shell,
    Attach,
    PortForward,
    Search,
    NextMatch,
    PreviousMatch,
    Wrap,
    ToggleManagedFields,
    ToggleFollow,
    Timestamps,
    Container,
    AllContainers,
    ClearText,
    Copy,
    StopAction,
    RunCommand,
    SinceTail,
    SinceHead,
    Since1,
    Since5,
    Since15,
    Since30,
    Since60,
}

/// <summary>Where a key applies.</summary>
[Flags]
internal enum KeyScope
{
    /// <summary>Tables of objects.</summary>
    Table = 1,

    /// <summary>Texts: YAML, describe, changes, help.</summary>
    Text = 2,

    /// <summary>Logs.</summary>
    Logs = 4,

    /// <summary>The overview.</summary>
    Pulse = 8,

    /// <summary>Everywhere.</summary>
    All = Table | Text | Logs | Pulse,
}
