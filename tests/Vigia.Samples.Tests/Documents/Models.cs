using System.Text.Json.Serialization;

namespace Vigia.Samples.Tests.Documents;

#region models
public sealed record Deployment(DeploymentSpec Spec); // only what you read; the rest is skipped

public sealed record DeploymentSpec(int? Replicas);

[JsonSerializable(typeof(Deployment))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class Models : JsonSerializerContext;
#endregion
