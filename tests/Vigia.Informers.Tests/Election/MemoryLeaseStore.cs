using Vigia.Controllers;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Election;

/// <summary>A lease in memory with versions: the server's side of compare-and-swap.</summary>
internal sealed class MemoryLeaseStore
{
    private int _version;

    public LeaseSnapshot? Lease { get; private set; }

    /// <summary>True time of the last change.</summary>
    public TimeSpan ChangedAt { get; private set; }

    public static KubernetesApiException Refusal(int code, string reason, string verb = "PUT") =>
        new(
            new KubernetesStatus(code, reason, $"{reason} (injected)", null, []),
            verb,
            "/apis/coordination.k8s.io/v1/namespaces/test/leases/sim"
        );

    public LeaseSnapshot Create(LeaseRecord record, TimeSpan now) =>
        Lease is null ? Put(record, now) : throw Refusal(409, "AlreadyExists", "POST");

    public LeaseSnapshot Update(LeaseSnapshot seen, LeaseRecord record, TimeSpan now) =>
        Lease is null ? throw Refusal(404, "NotFound")
        : Lease.ResourceVersion == seen.ResourceVersion ? Put(record, now)
        : throw Refusal(409, "Conflict");

    /// <summary>Somebody writes past all rules.</summary>
    public LeaseSnapshot Put(LeaseRecord record, TimeSpan now)
    {
        ChangedAt = now;
        return Lease = new LeaseSnapshot(record, $"{++_version}");
    }

    public void Delete() => Lease = null;
}
