using System.Text.Json.Serialization;

namespace Vigia.Informers.Tests.Typed;

/// <summary>As much of an object as these tests read.</summary>
internal sealed record Labelled(LabelledMetadata Metadata);

internal sealed record LabelledMetadata(string Name, Dictionary<string, string> Labels);

/// <summary>A type that no object fits: names are no numbers.</summary>
internal sealed record Misfit(MisfitMetadata Metadata);

internal sealed record MisfitMetadata(int Name);

[JsonSerializable(typeof(Labelled))]
[JsonSerializable(typeof(Misfit))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class TestJson : JsonSerializerContext;
