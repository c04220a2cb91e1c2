using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>The storage of a lease: one record, changed by compare-and-swap. Election needs nothing else.</summary>
/// <remarks>
/// <b>Contract.</b> An update is refused with a <see cref="KubernetesApiException"/> whose
/// <see cref="KubernetesApiException.IsConflict"/> is true if the lease has changed since it was read; so is the
/// creation of an existing lease. After any other exception it is unknown whether the write took place. Implementations
/// are thread-safe and honour the token.
/// </remarks>
public interface ILeaseLock
{
    /// <summary>Its name in messages, for example <c>lease kube-system/my-operator</c>.</summary>
    string Description { get; }

    /// <summary>Reads the lease; null if there is none.</summary>
    Task<LeaseSnapshot?> GetAsync(CancellationToken ct);

    /// <summary>Creates the lease.</summary>
    Task<LeaseSnapshot> CreateAsync(LeaseRecord record, CancellationToken ct);

    /// <summary>Changes the lease that was seen; returns its new state.</summary>
    Task<LeaseSnapshot> UpdateAsync(LeaseSnapshot seen, LeaseRecord record, CancellationToken ct);
}
