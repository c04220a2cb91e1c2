using Vigia.Simulator;

namespace Vigia.Tests;

/// <summary>A simulated cluster with a kubeconfig, and <c>vigia top</c> on it in a terminal.</summary>
internal sealed class TopFixture : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-top");

    private TopFixture() { }

    public VigiaSimulator Server { get; private set; } = null!;

    public SimulatedCluster Cluster { get; private set; } = null!;

    public string Folder => _folder.FullName;

    public string Kubeconfig => Path.Combine(_folder.FullName, "kubeconfig");

    public static async Task<TopFixture> StartAsync(int pods = 120, double rate = 0)
    {
        var fixture = new TopFixture { Server = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true, Seed = 3 }) };
        fixture.Cluster = new SimulatedCluster(
            fixture.Server.Store,
            new SimulatedClusterOptions
            {
                Pods = pods,
                Rate = rate,
                Seed = 3,
            }
        );
        fixture.Cluster.Seed();
        fixture.Cluster.Start();
        await fixture.Server.WriteKubeconfigAsync(fixture.Kubeconfig);
        return fixture;
    }

    /// <summary>Starts it; <paramref name="environment"/> stands in front of the command, as <c>EDITOR=x</c>.</summary>
    public Task<TopScreen> TopAsync(string environment = "", int width = 150, int height = 40, params string[] command) =>
        TopScreen.StartAsync(
            width,
            height,
            $"XDG_CONFIG_HOME='{Folder}' TMPDIR='{Folder}' {environment}",
            [.. command, "--kubeconfig", Kubeconfig]
        );

    /// <summary>A program in the fixture's folder, for <c>$EDITOR</c>.</summary>
    public async Task<string> ScriptAsync(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        await File.WriteAllTextAsync(file, "#!/bin/sh\n" + text);
        await Tools.RunAsync("chmod", "+x", file);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
