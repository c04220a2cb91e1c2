namespace Vigia.Terminal.States;

/// <summary>How an edit goes on.</summary>
internal enum EditStep
{
    /// <summary>Take over the fields of others.</summary>
    Force,

    /// <summary>Into the editor again, with the reason at the top.</summary>
    Again,

    /// <summary>Leave it; the text stays in its file.</summary>
    Keep,
}
