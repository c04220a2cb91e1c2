using Vigia.Kubernetes;

namespace Vigia.Conformance.Tests;

/// <summary>An API server that a suite runs against.</summary>
public interface IServerUnderTest : IAsyncLifetime
{
    /// <summary>How to reach it as somebody who may do everything.</summary>
    ClusterConfiguration Admin { get; }

    /// <summary>How to reach it as somebody who may do next to nothing.</summary>
    ClusterConfiguration Limited { get; }

    /// <summary>Why it cannot be used here; null where it can.</summary>
    string? Missing { get; }
}

/// <summary>The simulator, over TLS as a real server.</summary>
public sealed class SimulatedServer : IServerUnderTest
{
    private Simulator.VigiaSimulator? _simulator;

    /// <inheritdoc/>
    public ClusterConfiguration Admin => _simulator!.Configuration("admin");

    /// <inheritdoc/>
    public ClusterConfiguration Limited => _simulator!.Configuration("limited");

    /// <inheritdoc/>
    public string? Missing => null;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _simulator = await Simulator.VigiaSimulator.StartAsync(new() { Tls = true });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _simulator!.DisposeAsync();
}

/// <summary>
/// A server that is not ours: <c>VIGIA_REAL_KUBECONFIG</c> names a kubeconfig with the contexts <c>admin</c> and
/// <c>limited</c>.
/// </summary>
public sealed class RealServer : IServerUnderTest
{
    private static readonly string? s_kubeconfig = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");

    /// <inheritdoc/>
    public ClusterConfiguration Admin { get; } = Missing0 is null ? KubeconfigLoader.Load(s_kubeconfig, "admin") : null!;

    /// <inheritdoc/>
    public ClusterConfiguration Limited { get; } = Missing0 is null ? KubeconfigLoader.Load(s_kubeconfig, "limited") : null!;

    /// <inheritdoc/>
    public string? Missing => Missing0;

    private static string? Missing0 => s_kubeconfig is { Length: > 0 } ? null : "VIGIA_REAL_KUBECONFIG names no kubeconfig";

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
