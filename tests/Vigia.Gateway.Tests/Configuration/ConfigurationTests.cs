using Vigia.Gateway.Access;
using Vigia.Gateway.Configuration;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Http;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Health;

namespace Vigia.Gateway.Tests.Configuration;

public sealed class ConfigurationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-config");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void All_faults_are_told_at_once_with_file_line_and_path()
    {
        var file = Write(
            "vigia.yaml",
            """
            listn: http://127.0.0.1:1
            log: loud
            streams:
              heartbeet: 5s
              heartbeat: 5
              maxStreams: -1
            clusters: [a]
            informers:
              backoff: {first: 10s, longest: 1s}
            access: {mode: oidc}
            resources:
              - name: widgets
                colums: []
            """
        );
        var faults = Assert
            .Throws<ConfigurationException>(() => ConfigurationFile.Load([file]))
            .Faults.Select(fault => fault.Replace(file, "f", StringComparison.Ordinal))
            .ToArray();

        Assert.Contains(faults, fault => fault.StartsWith("f:1: listn: unknown key, did you mean 'listen'?", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("f:2: log: 'loud' is not one of trace", StringComparison.Ordinal));
        Assert.Contains(
            faults,
            fault => fault.StartsWith("f:4: streams.heartbeet: unknown key, did you mean 'heartbeat'?", StringComparison.Ordinal)
        );
        Assert.Contains(
            "f:5: streams.heartbeat: '5' is not a duration: write a number with a unit, for example 500ms, 30s, 5m or 1h30m",
            faults
        );
        Assert.Contains("f:6: streams.maxStreams: '-1' is not a number from 1 to 1000000", faults);
        Assert.Contains("f:7: clusters: is a section: expected keys below it", faults);
        Assert.Contains("f:9: informers.backoff.longest: it is shorter than first, 10s", faults);
        Assert.Contains(
            faults,
            fault => fault.StartsWith("f:10: access.mode: 'oidc' is not one of none, token, kubernetes", StringComparison.Ordinal)
        );
        Assert.Contains(faults, fault => fault.StartsWith("f:13: an entry has no member 'colums'", StringComparison.Ordinal));
    }

    [Fact]
    public void Values_arrive_and_later_files_win_key_by_key()
    {
        var first = Write(
            "a.yaml",
            """
            listen: https://0.0.0.0:8443
            streams: {heartbeat: 1m30s, maxStreams: 7}
            clusters: {kubeconfig: kube/config, contexts: [a, b], namespace: shop}
            access: {mode: kubernetes, cacheFor: 10s}
            health: {interval: 5s}
            informers: {backoff: {circuit: 3}, log: {capacity: 100}}
            resources:
              - {name: widgets, versions: [example.com/v1], kind: Widget}
            """
        );
        var second = Write("b.yaml", "streams: {maxStreams: 9}\nlog: warning\n");
        var configuration = ConfigurationFile.Load([first, second]);

        Assert.Equal((TimeSpan.FromSeconds(90), 9), (configuration.Streams.Heartbeat, configuration.Streams.MaxStreams));
        Assert.Equal(new Uri("https://0.0.0.0:8443"), configuration.Listen);
        Assert.Equal(Path.Combine(_folder.FullName, "kube/config"), configuration.Kubeconfig.Path);
        Assert.Equal(["a", "b"], configuration.Kubeconfig.Contexts);
        Assert.Equal("shop", configuration.Clusters.Namespace);
        Assert.Equal((AuthMode.Kubernetes, TimeSpan.FromSeconds(10)), (configuration.Access.Mode, configuration.Access.CacheFor));
        Assert.Equal(TimeSpan.FromSeconds(5), configuration.Health.Interval);
        Assert.Equal((3, 100), (configuration.Informers.Reflector.Backoff.CircuitThreshold, configuration.Informers.Log.Capacity));
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Warning, configuration.Log);
        Assert.NotNull(configuration.Catalog.Find("widgets"));
        Assert.NotNull(configuration.Catalog.Find("pods"));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("# nothing\n", null)]
    [InlineData("streams: {heartbeat: 1s", "not valid YAML")]
    [InlineData("- a\n", "f:1: expected sections, for example clusters, streams or resources")]
    [InlineData("streams: {heartbeat: 1s, heartbeat: 2s}", "not valid YAML: Duplicate key")]
    [InlineData("streams: {heartbeat: [1s]}", "f:1: streams.heartbeat: expected a duration, not a list")]
    [InlineData("streams: {heartbeat: 1h}", "f:1: streams.heartbeat: 1h is out of range: 100ms to 10m")]
    [InlineData(
        "clusters: {allContexts: true, contexts: [a]}",
        "f:1: clusters.allContexts: allContexts is set together with contexts; remove one of them"
    )]
    [InlineData("clusters: {allContexts: yes}", "f:1: clusters.allContexts: 'yes' is neither true nor false")]
    [InlineData("listen: here", "f:1: listen: 'here' is not an address of the form http://HOST:PORT")]
    [InlineData("sockets: {allowedOrigins: ['https://a/b']}", "f:1: sockets.allowedOrigins: 'https://a/b' is not an origin")]
    public void A_file_is_right_or_says_what_is_wrong(string text, string? fault)
    {
        var file = Write("vigia.yaml", text);
        var faults = new List<string>();
        ConfigurationFile.Load([file], null, faults);

        Assert.Equal(fault is null ? 0 : 1, faults.Count);
        Assert.Contains(fault ?? "", string.Concat(faults).Replace(file, "f", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reference_is_what_the_reader_reads()
    {
        var path = Path.Combine(Repository(), "docs", "configuration.md");
        Assert.Equal(ConfigurationDocument.Write(), File.ReadAllText(path));
    }

    [Fact]
    public void Every_option_of_the_model_can_be_configured()
    {
        // A property that somebody adds to an options record and forgets here would be a promise that no file can keep.
        var keys = ConfigurationFile.Keys().Select(key => key.Path.Split('.')[^1]).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["MinWatchTimeout"] = "watchTimeout",
            ["CircuitThreshold"] = "circuit",
            ["PollInterval"] = "poll",
            ["Path"] = "kubeconfig",
        };
        string[] notForFiles = ["Scheduler", "Seed", "Client", "Environment", "UserAgent", "Reflector", "EqualityContract"];
        var missing = new[]
        {
            typeof(StreamOptions),
            typeof(AccessOptions),
            typeof(ClusterOptions),
            typeof(KubeconfigOptions),
            typeof(HealthOptions),
            typeof(SocketOptions),
            typeof(BackoffOptions),
            typeof(ReflectorOptions),
            typeof(DeltaLogOptions),
            typeof(KubernetesClientOptions),
        }
            .SelectMany(type =>
                type.GetProperties().Where(property => property.CanWrite).Select(property => (Type: type.Name, property.Name))
            )
            .Where(property =>
                !notForFiles.Contains(property.Name) && !keys.Contains(renamed.GetValueOrDefault(property.Name, property.Name))
            )
            .ToArray();

        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("0", 0)]
    public void Durations_are_numbers_with_units(string text, double milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.Value.TotalMilliseconds);
        Assert.True(DurationText.TryParse(DurationText.Of(duration.Value), out var again));
        Assert.Equal(duration, again);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("-5s")]
    [InlineData("5y")]
    [InlineData("")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationText.TryParse(text, out _));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Vigia.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
