using System.Text.Json.Serialization;

namespace Vigia.Samples.Tests.Documents;

/// <summary>A type that is written, with what every object needs.</summary>
internal sealed record Written(string ApiVersion, string Kind, WrittenMetadata Metadata);

internal sealed record WrittenMetadata(string Name);

[JsonSerializable(typeof(Written))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class WrittenJson : JsonSerializerContext;
