namespace Vigia.Simulator.Storage;

/// <summary>A version of a custom type other than the stored one.</summary>
/// <param name="Served">The type as this version has it: its columns, subresources and selectable fields.</param>
/// <param name="Stored">The type under which the objects are.</param>
internal sealed record ServedVersion(ResourceType Served, ResourceType Stored);
