using System.Text.Json;
using Vigia.Controllers.LeaderElection;
using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>
/// A lease kept as a <c>coordination.k8s.io/v1</c> Lease on an API server. Needs the rights get, create and update on
/// leases in its namespace.
/// </summary>
public sealed class LeaseLock : ILeaseLock
{
    private readonly KubernetesClient _client;
    private readonly string _namespace;
    private readonly string _name;
    private readonly IReadOnlyDictionary<string, string>? _labels;
    private readonly string _collection;
    private readonly string _item;

    /// <summary>Names the lease; nothing is sent before it is used.</summary>
    /// <param name="client">Sends the requests; not disposed here.</param>
    /// <param name="namespace">The namespace of the lease.</param>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Set at every creation and update of the lease; other labels stay. Null for none.</param>
    public LeaseLock(KubernetesClient client, string @namespace, string name, IReadOnlyDictionary<string, string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrWhiteSpace(@namespace);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (_client, _namespace, _name, _labels) = (client, @namespace, name, labels);
        _collection = $"/apis/coordination.k8s.io/v1/namespaces/{Uri.EscapeDataString(@namespace)}/leases";
        _item = $"{_collection}/{Uri.EscapeDataString(name)}";
    }

    /// <inheritdoc/>
    public string Description => $"lease {_namespace}/{_name}";

    /// <inheritdoc/>
    public async Task<LeaseSnapshot?> GetAsync(CancellationToken ct)
    {
        try
        {
            return Read(await _client.GetBytesAsync(_item, ct: ct));
        }
        catch (KubernetesApiException missing) when (missing.IsNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<LeaseSnapshot> CreateAsync(LeaseRecord record, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(record);
        var lease = new LeaseDocument
        {
            Metadata = new LeaseMetadata { Name = _name, Namespace = _namespace },
        };
        return await WriteAsync(HttpMethod.Post, _collection, lease, record, ct);
    }

    /// <inheritdoc/>
    public async Task<LeaseSnapshot> UpdateAsync(LeaseSnapshot seen, LeaseRecord record, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(record);
        var lease = Parse(seen.Json.Span);
        return await WriteAsync(HttpMethod.Put, _item, lease, record, ct);
    }

    private static LeaseDocument Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, LeaseJson.Default.LeaseDocument) ?? throw new JsonException("expected a Lease, received null");

    private static LeaseSnapshot Read(byte[] json)
    {
        var lease = Parse(json);
        return new LeaseSnapshot(lease.ToRecord(), lease.Metadata?.ResourceVersion ?? "", json);
    }

    private async Task<LeaseSnapshot> WriteAsync(
        HttpMethod method,
        string path,
        LeaseDocument lease,
        LeaseRecord record,
        CancellationToken ct
    )
    {
        lease.Take(record);
        lease.Label(_labels);
        return Read(
            await _client.SendBytesAsync(method, path, JsonSerializer.SerializeToUtf8Bytes(lease, LeaseJson.Default.LeaseDocument), ct: ct)
        );
    }
}
