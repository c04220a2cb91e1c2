using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Terminal.App;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Screens;
using Vigia.Testing;

namespace Vigia.Terminal.Tests;

/// <summary>The program on a simulated cluster and a terminal that is none.</summary>
internal sealed class AppFixture : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private TerminalApp _app = null!;
    private Task _running = Task.CompletedTask;

    private AppFixture() { }

    public VigiaSimulator Server { get; private set; } = null!;

    public FakeTerminal Terminal { get; private set; } = null!;

    public static async Task<AppFixture> StartAsync(params string[] files)
    {
        var fixture = new AppFixture
        {
            Server = await VigiaSimulator.StartAsync(),
            Terminal = new FakeTerminal { Width = 120, Height = 40 },
        };
        foreach (var file in files)
        {
            await fixture.CreateAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "testdata", file)));
        }

        fixture.Run();
        await fixture.UntilAsync("pods in all namespaces [");
        return fixture;
    }

    /// <summary>Creates objects, told apart by <c>---</c>.</summary>
    public async Task CreateAsync(string yaml)
    {
        foreach (var text in yaml.Split("\n---\n").Where(text => text.Contains("kind:", StringComparison.Ordinal)))
        {
            await Server.Objects.CreateAsync(text);
        }
    }

    public async Task CommandAsync(string text, string shows)
    {
        Terminal.Command(text);
        await UntilAsync(shows);
    }

    public async Task TypeAsync(string key, string shows)
    {
        Terminal.Type(key);
        await UntilAsync(shows);
    }

    public Task UntilAsync(string shows) => UntilAsync(screen => screen.Contains(shows, StringComparison.Ordinal), shows);

    public async Task UntilAsync(Func<string, bool> condition, string what)
    {
        try
        {
            await Eventually.TrueAsync(() => condition(Terminal.Screen), what, TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{Terminal.Screen}", late);
        }
    }

    /// <summary>A link of its own to the cluster.</summary>
    public ClusterLink Link() => new(0, new KubernetesClient(Server.Configuration()), ResourceCatalog.BuiltIn, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        await _app.DisposeAsync();
        Terminal.Dispose();
        await Server.DisposeAsync();
        _stopping.Dispose();
    }

    private void Run()
    {
        var options = new TopOptions
        {
            Clusters = [Server.Configuration()],
            AllContexts = ["simulator", "other one"],
            Resolve = name =>
                name is "other one" or "simulator" ? Server.Configuration() with { Context = name } : throw new KubeconfigException("none"),
            Depth = ColourDepth.None,
        };
        _app = new TerminalApp(Terminal, options, TimeProvider.System);
        _running = _app.RunAsync(_stopping.Token);
    }
}
