using Microsoft.Extensions.Logging;
using Vigia.Simulator;

namespace Vigia.Commands;

/// <summary>A simulated API server and the cluster that lives in it.</summary>
internal sealed class SimulatedWorld : IAsyncDisposable
{
    private readonly SimulatedCluster _cluster;

    private SimulatedWorld(VigiaSimulator server, SimulatedCluster cluster) => (Server, _cluster) = (server, cluster);

    /// <summary>The API server.</summary>
    public VigiaSimulator Server { get; }

    public static async Task<SimulatedWorld> StartAsync(
        SimulatedClusterOptions options,
        int port,
        ILoggerFactory loggers,
        CancellationToken cancellationToken
    )
    {
        var server = await VigiaSimulator.StartAsync(
            new SimulatorOptions
            {
                Port = port,
                Seed = options.Seed,
                Tls = true,
                Logging = loggers,
            },
            cancellationToken
        );
        var cluster = new SimulatedCluster(server.Store, options, logger: loggers.CreateLogger<SimulatedCluster>());
        cluster.Seed();
        cluster.Start();
        return new SimulatedWorld(server, cluster);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await Server.DisposeAsync();
    }
}
