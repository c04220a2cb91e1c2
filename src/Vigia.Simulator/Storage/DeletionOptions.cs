namespace Vigia.Simulator;

/// <summary>How to delete (<c>metav1.DeleteOptions</c>).</summary>
public sealed record DeletionOptions
{
    /// <summary>
    /// Seconds of grace; null for the object's own (pods: <c>spec.terminationGracePeriodSeconds</c>); 0 deletes at
    /// once.
    /// </summary>
    public long? GracePeriodSeconds { get; init; }

    /// <summary><c>Background</c> (default), <c>Foreground</c> or <c>Orphan</c>.</summary>
    public string PropagationPolicy { get; init; } = "Background";

    /// <summary>Delete only this uid; null for any.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this resourceVersion; null for any.</summary>
    public string? ResourceVersion { get; init; }
}
