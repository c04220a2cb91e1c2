using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Faults.Checking;
using Vigia.Kubernetes;
using Vigia.Simulator;

namespace Vigia.Faults.Servers;

/// <summary>The simulator: its store is the truth, and is written to while nobody can reach the server.</summary>
internal sealed class SimulatedServer : IFaultyServer
{
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");

    private readonly Lock _gate = new();
    private readonly VigiaSimulator _simulator;
    private readonly IDisposable _recording;
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal)
    {
        ["gateway"] = 1,
        ["admin"] = 1,
        ["reader"] = 1,
    };
    private StoreBackup? _backup;

    private SimulatedServer(VigiaSimulator simulator, CompactedReadForm form)
    {
        (_simulator, Name) = (simulator, form == CompactedReadForm.Expired ? "simulator" : "simulator, as 1.20");
        _recording = simulator.Store.Subscribe(
            Pods,
            change =>
                Truth.Note(
                    new TruthStep(change.Revision, change.Item.Key.Name, change.Kind == ChangeKind.Deleted ? null : SequenceOf(change.Item))
                )
        );
        foreach (var user in _tokens.Keys.ToArray())
        {
            Set(user, has: true);
        }
    }

    public string Name { get; }

    public string Namespace => "faults";

    public Uri Address => new(_simulator.Url);

    public string AuthorityPem => _simulator.Configuration("admin").CertificateAuthorities![0].ExportCertificatePem();

    public Truth Truth { get; } = new();

    public static async Task<SimulatedServer> CreateAsync(int seed, CompactedReadForm form, CancellationToken cancellationToken)
    {
        var simulator = await VigiaSimulator.StartAsync(
            new SimulatorOptions
            {
                Tls = true,
                Seed = seed,
                AnonymousRules = [],
                CompactedRead = form,
                BookmarkInterval = TimeSpan.FromSeconds(1),
                Users = [],
            },
            cancellationToken
        );
        var server = new SimulatedServer(simulator, form);
        simulator.Store.Create(
            new GroupVersionResource("", "v1", "namespaces"),
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["name"] = server.Namespace },
            },
            "faults"
        );
        return server;
    }

    public string TokenOf(string user) => string.Create(CultureInfo.InvariantCulture, $"{user}-token-{_tokens[user]}");

    public Task<bool> WriteAsync(string name, bool exists, long? sequence, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var key = new ObjectKey(Namespace, name);
            var isThere = _simulator.Store.Get(Pods, key) is not null;
            if (sequence is null)
            {
                _simulator.Store.Delete(Pods, key);
            }
            else if (isThere)
            {
                _simulator.Store.Mutate(
                    Pods,
                    key,
                    pod => pod["metadata"]!["annotations"] = new JsonObject { ["seq"] = Sequences.Text(sequence.Value) },
                    "faults"
                );
            }
            else
            {
                _simulator.Store.Create(Pods, JsonNode.Parse(Sequences.Pod(Namespace, name, sequence.Value))!.AsObject(), "faults");
            }
        }

        return Task.FromResult(true);
    }

    /// <summary>As of a real one: what was remembered for watches is gone when it starts again.</summary>
    public async Task KillAsync() => await _simulator.Faults.GoDarkAsync();

    public async Task StartAsync()
    {
        _simulator.Faults.ExpireHistory();
        await _simulator.Faults.ComeBackAsync();
    }

    /// <summary>Nothing that is open moves, and nothing new is answered.</summary>
    public Task HangAsync()
    {
        _simulator.Faults.Hang();
        _simulator.Faults.Freeze();
        return Task.CompletedTask;
    }

    public Task WakeAsync()
    {
        _simulator.Faults.Clear();
        _simulator.Faults.Thaw();
        return Task.CompletedTask;
    }

    public Task BackUpAsync()
    {
        lock (_gate)
        {
            _backup = _simulator.Snapshot();
        }

        return Task.CompletedTask;
    }

    public Task RestoreAsync()
    {
        lock (_gate)
        {
            _simulator.Restore(_backup!);
            Truth.Restored(_backup!.Revision);
        }

        return Task.CompletedTask;
    }

    public Task CompactAsync()
    {
        _simulator.Faults.Compact(Truth.Newest);
        return Task.CompletedTask;
    }

    public Task ExpireAsync(string user)
    {
        _tokens[user]++;
        Set(user, has: true);
        return Task.CompletedTask;
    }

    public Task SetRightsAsync(string user, bool has)
    {
        Set(user, has);
        return Task.CompletedTask;
    }

    public async Task ChangeCertificateAsync()
    {
        _simulator.ChangeCertificate();
        await Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _recording.Dispose();
        await _simulator.DisposeAsync();
    }

    private void Set(string user, bool has) =>
        _simulator.Access.Set(
            new SimulatedUser
            {
                Name = user,
                Token = TokenOf(user),
                Rules =
                    !has ? []
                    : user == "reader"
                        ?
                        [
                            new PolicyRule
                            {
                                Verbs = ["get", "list", "watch"],
                                ApiGroups = [""],
                                Resources = ["pods"],
                                Namespaces = [Namespace],
                            },
                        ]
                    : [PolicyRule.Everything],
            }
        );

    private static long SequenceOf(StoredObject o) =>
        Sequences.Of(o.Utf8.Span) ?? throw new InvalidOperationException($"{o} was not written by this run");
}
