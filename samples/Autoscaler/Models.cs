using System.Text.Json.Serialization;

namespace Autoscaler;

/// <summary>As much of a Deployment as the autoscaler reads; the rest is skipped.</summary>
internal sealed record Deployment(DeploymentSpec Spec, Metadata Metadata);

internal sealed record DeploymentSpec(int Replicas = 1);

internal sealed record Metadata(IReadOnlyDictionary<string, string>? Annotations);

/// <summary>As much of a Node.</summary>
internal sealed record Node(NodeSpec? Spec, NodeStatus? Status);

internal sealed record NodeSpec(bool Unschedulable);

internal sealed record NodeStatus(IReadOnlyList<NodeCondition>? Conditions);

internal sealed record NodeCondition(string Type, string Status);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(Node))]
internal sealed partial class Models : JsonSerializerContext;
