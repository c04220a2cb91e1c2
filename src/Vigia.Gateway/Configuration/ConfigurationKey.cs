namespace Vigia.Gateway.Configuration;

/// <summary>A key that a configuration file may have, as documents show it.</summary>
/// <param name="Path">As <c>streams.heartbeat</c>.</param>
/// <param name="Kind">
/// What it takes: <c>text</c>, <c>number</c>, <c>duration</c>, <c>flag</c>, <c>list</c>, <c>section</c>, or the words
/// it may be.
/// </param>
/// <param name="Default">The default as it would be written; empty where there is none.</param>
/// <param name="Range">The least and the most that it may be; empty where anything goes.</param>
/// <param name="Description">What it does, in a sentence.</param>
public sealed record ConfigurationKey(string Path, string Kind, string Default, string Range, string Description);
