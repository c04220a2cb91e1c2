namespace Vigia.Live.Events;

/// <summary>Kubernetes events as a resource.</summary>
internal static class KubernetesEvents
{
    /// <summary>The catalog's name of the resource.</summary>
    public const string Resource = "events";
}
