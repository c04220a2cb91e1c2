namespace Vigia.Gateway.Configuration;

/// <summary>A key that a configuration file may have, as documents show it.</summary>
/// <param name="Path">As <c>streams.heartbeat</c>.</param>
/// <param name="Kind">
/// Its type: <c>text</c>, <c>number</c>, <c>duration</c>, <c>flag</c>, <c>list</c>, <c>section</c>, or the allowed
/// words.
/// </param>
/// <param name="Default">The default as it would be written; empty if there is none.</param>
/// <param name="Range">The least and the most that it may be; empty if anything goes.</param>
/// <param name="Description">Its effect, in a sentence.</param>
public sealed record ConfigurationKey(string Path, string Kind, string Default, string Range, string Description);
