namespace Vigia.Kubernetes;

/// <summary>
/// The environment in which a kubeconfig is searched: injected, so that tests need no real home directory.
/// </summary>
public sealed class KubeconfigEnvironment
{
    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The home directory.</summary>
    public string Home { get; init; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The folder of a pod's service account.</summary>
    public string ServiceAccountDirectory { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The clock, for credentials that expire.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
