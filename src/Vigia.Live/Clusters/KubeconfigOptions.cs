using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>The clusters of a kubeconfig that a gateway serves.</summary>
public sealed record KubeconfigOptions
{
    /// <summary>
    /// The file; null for <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>The contexts to serve; none for the current one.</summary>
    public IReadOnlyList<string> Contexts { get; init; } = [];

    /// <summary>True to serve every context, including those that are added later.</summary>
    public bool AllContexts { get; init; }

    /// <summary>
    /// How often the files are looked at. Default 2 s. A change is taken over when the files have been the same for one
    /// such interval: an editor may write them in pieces.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How to speak to the API servers.</summary>
    public KubernetesClientOptions Client { get; init; } = new();

    /// <summary>Variables and home; another one in tests.</summary>
    public KubeconfigEnvironment Environment { get; init; } = new();
}
