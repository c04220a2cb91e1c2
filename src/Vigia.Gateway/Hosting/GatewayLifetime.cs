using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Health;

namespace Vigia.Gateway.Hosting;

/// <summary>
/// Begins the work of a gateway's parts: the audit log before the first request, the clusters once the addresses are
/// open, so that a gateway whose address is in use asks nothing of any API server.
/// </summary>
internal sealed class GatewayLifetime(IServiceProvider services) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        services.GetService<AuditLog>()?.Start();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<ClusterSet>().Start();
        services.GetRequiredService<HealthMonitor>().Start();
        services.GetRequiredService<EventHistoryRecorder>().Start();
        services.GetRequiredService<AccessControl>().Start();
        services.GetService<ServerCertificate>()?.Start();
        services.GetRequiredService<ConnectionLimiter>().Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The process' signals belong to the command, not to a web server within it.</summary>
internal sealed class NoHostLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
