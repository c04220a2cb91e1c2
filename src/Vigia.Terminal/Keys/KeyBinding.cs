namespace Vigia.Terminal.Keys;

/// <summary>A key and what it does.</summary>
/// <param name="Action">What it does.</param>
/// <param name="Keys">Its names; the first one is shown.</param>
/// <param name="Scope">Where.</param>
/// <param name="Group">The heading on the help page.</param>
/// <param name="Text">What it does, for people; empty for those the help page does not list one by one.</param>
/// <param name="Kinds">The kinds of object it is for; null for all.</param>
/// <param name="Writes">True for what changes the cluster: it is not there with <c>--readonly</c>.</param>
/// <param name="Hint">Its rank among the hints of the last line; 0 for none.</param>
internal sealed record KeyBinding(
    UiAction Action,
    string[] Keys,
    KeyScope Scope,
    string Group,
    string Text,
    string[]? Kinds = null,
    bool Writes = false,
    int Hint = 0
)
{
    /// <summary>A key as people write it: <c>shift-n</c> for <c>N</c>.</summary>
    public static string Show(string key) =>
        key.Length == 1 && char.IsAsciiLetterUpper(key[0]) ? $"shift-{char.ToLowerInvariant(key[0])}" : key;

    public bool AppliesTo(string? kind) => Kinds is null || kind is not null && Kinds.Contains(kind);
}
