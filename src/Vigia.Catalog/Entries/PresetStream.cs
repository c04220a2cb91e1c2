namespace Vigia.Catalog;

/// <summary>A ready-made stream: <c>/events/PATH</c>.</summary>
/// <param name="Path">The last part of its URL.</param>
/// <param name="Resource">The catalog entry it follows.</param>
/// <param name="Target">The path that the parameter <c>target</c> is compared with; null if it takes none.</param>
/// <param name="Kinds">The values of the parameter kind; empty if it has none.</param>
/// <param name="Fields">Additional members of an event, by name.</param>
public sealed record PresetStream(
    string Path,
    string Resource,
    JsonPath? Target,
    IReadOnlyDictionary<string, PresetKind> Kinds,
    IReadOnlyList<KeyValuePair<string, JsonPath>> Fields
);

/// <summary>The objects of a kind of a preset, and their users.</summary>
/// <param name="Name">As <c>jupyterlab</c>.</param>
/// <param name="Selectors">Label selectors; an object must match any one of them.</param>
/// <param name="User">
/// The places of the user's name; each is checked, since a label has a slug and an annotation the original name:
/// <c>label:KEY</c>, <c>annotation:KEY</c> or <c>namespace</c>.
/// </param>
public sealed record PresetKind(string Name, IReadOnlyList<string> Selectors, IReadOnlyList<string> User);
