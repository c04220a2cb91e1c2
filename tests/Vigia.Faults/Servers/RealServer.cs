using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Faults.Checking;
using Vigia.Testing;

namespace Vigia.Faults.Servers;

/// <summary>
/// A real API server with etcd, brought up by a script (<c>up</c>, <c>down</c>, <c>reset</c>; environment KUBE_HOME,
/// KUBE_PORT, ETCD_PORT) on ports of its own. The truth is etcd's: its revisions are the resourceVersions, and it goes
/// on while the API server is away.
/// </summary>
internal sealed class RealServer : IFaultyServer
{
    private const string Role = "vigia-faults";

    private readonly string _script;
    private readonly int _port;
    private readonly int _etcdPort;
    private readonly string _folder;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private long _backupRevision;
    private Process? _recorder;
    private Task _recording = Task.CompletedTask;

    private RealServer(string script, int port, int etcdPort)
    {
        (_script, _port, _etcdPort) = (script, port, etcdPort);
        _folder = Path.Combine(
            Environment.GetEnvironmentVariable("KUBE_HOME")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "real-kube"),
            string.Create(CultureInfo.InvariantCulture, $"run-{port}")
        );
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(5),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "admin-token");
    }

    public string Name => "Kubernetes";

    public string Namespace => "vigia-faults";

    public Uri Address => new($"https://127.0.0.1:{_port}");

    /// <summary>The server signs its own certificate; its file has the authority behind it.</summary>
    public string AuthorityPem
    {
        get
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(Path.Combine(_folder, "certs", "apiserver.crt"));
            return all[^1].ExportCertificatePem();
        }
    }

    public Truth Truth { get; } = new();

    public static async Task<RealServer> CreateAsync(string script, int port, int etcdPort, CancellationToken cancellationToken)
    {
        var server = new RealServer(script, port, etcdPort);
        await server.ScriptAsync("reset");
        await server.ScriptAsync("up");
        server._tokens["admin"] = "admin-token";
        await server.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{server.Namespace}}}"}}""");
        foreach (var user in new[] { "gateway", "reader" })
        {
            await server.AccountAsync(user);
            await server.SetRightsAsync(user, has: true);
        }

        await server.SendAsync(
            HttpMethod.Post,
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            $$"""{"metadata":{"name":"{{Role}}"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["get","list","watch"]}]}"""
        );
        await server.SendAsync(
            HttpMethod.Post,
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            $$"""{"metadata":{"name":"{{Role}}-reviews"},"roleRef":"""
                + $$"""{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"system:auth-delegator"},"subjects":"""
                + $$"""[{"kind":"ServiceAccount","name":"gateway","namespace":"{{server.Namespace}}"}]}"""
        );
        server.Record(1);
        return server;
    }

    public string TokenOf(string user) => _tokens[user];

    public async Task<bool> WriteAsync(string name, bool exists, long? sequence, CancellationToken cancellationToken)
    {
        var pods = $"/api/v1/namespaces/{Namespace}/pods";
        try
        {
            using var response =
                sequence is null ? await RequestAsync(HttpMethod.Delete, $"{pods}/{name}?gracePeriodSeconds=0", null, cancellationToken)
                : exists
                    ? await RequestAsync(
                        HttpMethod.Patch,
                        $"{pods}/{name}",
                        "{\"metadata\":{\"annotations\":{\"seq\":\"" + Sequences.Text(sequence.Value) + "\"}}}",
                        cancellationToken
                    )
                : await RequestAsync(HttpMethod.Post, pods, Sequences.Pod(Namespace, name, sequence.Value), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception unanswered)
            when (unanswered is HttpRequestException
                || (unanswered is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return false;
        }
    }

    public async Task KillAsync()
    {
        var file = Path.Combine(_folder, "apiserver.pid");
        var process = $"/proc/{(await File.ReadAllTextAsync(file)).Trim()}/stat";
        await SignalAsync("apiserver", "KILL");
        await Eventually.TrueAsync(
            () => !File.Exists(process) || File.ReadAllText(process).Contains(") Z ", StringComparison.Ordinal),
            "the API server is dead"
        );
        File.Delete(file);
    }

    public Task StartAsync() => ScriptAsync("up");

    public Task HangAsync() => SignalAsync("apiserver", "STOP");

    public Task WakeAsync() => SignalAsync("apiserver", "CONT");

    public async Task BackUpAsync()
    {
        File.Delete(Backup);
        await RunAsync("etcdctl", "--endpoints", Etcd, "snapshot", "save", Backup);
        using var status = JsonDocument.Parse(await RunAsync("etcdctl", "snapshot", "status", Backup, "-w", "json"));
        _backupRevision = status.RootElement.GetProperty("revision").GetInt64();
    }

    /// <summary>As the manual says: no API server runs while etcd is put back.</summary>
    public async Task RestoreAsync()
    {
        await KillAsync();
        await ScriptAsync("down");
        _recorder?.Kill();
        await _recording;
        Directory.Delete(Path.Combine(_folder, "etcd"), recursive: true);
        await RunAsync(
            "etcdctl",
            "snapshot",
            "restore",
            Backup,
            "--data-dir",
            Path.Combine(_folder, "etcd"),
            "--name",
            "default",
            "--initial-cluster",
            $"default=http://127.0.0.1:{_etcdPort + 1}",
            "--initial-advertise-peer-urls",
            $"http://127.0.0.1:{_etcdPort + 1}"
        );
        await ScriptAsync("up");
        Truth.Restored(_backupRevision);
        Record(_backupRevision + 1);
    }

    public async Task CompactAsync() =>
        await RunAsync("etcdctl", "--endpoints", Etcd, "compact", Truth.Newest.ToString(CultureInfo.InvariantCulture));

    public async Task ExpireAsync(string user)
    {
        await SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{Namespace}/serviceaccounts/{user}", null);
        await AccountAsync(user);
    }

    public async Task SetRightsAsync(string user, bool has)
    {
        var ns = user == "reader" ? $"/namespaces/{Namespace}/rolebindings" : "/clusterrolebindings";
        var bindings = "/apis/rbac.authorization.k8s.io/v1" + ns;
        await (
            has
                ? SendAsync(
                    HttpMethod.Post,
                    bindings,
                    $$"""{"metadata":{"name":"{{Role}}-{{user}}"},"roleRef":"""
                        + $$"""{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{{Role}}"},"subjects":"""
                        + $$"""[{"kind":"ServiceAccount","name":"{{user}}","namespace":"{{Namespace}}"}]}"""
                )
                : SendAsync(HttpMethod.Delete, $"{bindings}/{Role}-{user}", null)
        );
    }

    public async Task ChangeCertificateAsync()
    {
        await KillAsync();
        File.Delete(Path.Combine(_folder, "certs", "apiserver.crt"));
        File.Delete(Path.Combine(_folder, "certs", "apiserver.key"));
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _recorder?.Kill();
        await _recording;
        _recorder?.Dispose();
        _http.Dispose();
        await ScriptAsync("down");
        _stopping.Dispose();
    }

    private string Etcd => $"http://127.0.0.1:{_etcdPort}";

    private string Backup => Path.Combine(_folder, "backup.db");

    /// <summary>Deleting an account ends the life of its tokens; one of the same name has others.</summary>
    private async Task AccountAsync(string user)
    {
        var accounts = $"/api/v1/namespaces/{Namespace}/serviceaccounts";
        await SendAsync(HttpMethod.Post, accounts, $$$"""{"metadata":{"name":"{{{user}}}"}}""");
        var answer = await SendAsync(HttpMethod.Post, $"{accounts}/{user}/token", """{"spec":{"expirationSeconds":7200}}""");
        _tokens[user] = (string)JsonNode.Parse(answer)!["status"]!["token"]!;
    }

    /// <summary>Follows etcd, from a revision on, through whatever happens to the API server.</summary>
    private void Record(long from)
    {
        _recorder?.Dispose();
        var start = new ProcessStartInfo("etcdctl") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (
            var argument in new[]
            {
                "--endpoints",
                Etcd,
                "watch",
                "--prefix",
                $"/registry/pods/{Namespace}/",
                "--rev",
                from.ToString(CultureInfo.InvariantCulture),
                "-w",
                "json",
            }
        )
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ETCDCTL_API"] = "3";
        var recorder = _recorder = Process.Start(start)!;
        _recording = Task.Run(async () =>
        {
            while (await recorder.StandardOutput.ReadLineAsync() is { } line)
            {
                foreach (var e in JsonNode.Parse(line)?["Events"]?.AsArray() ?? [])
                {
                    var kv = e!["kv"]!;
                    var name = Encoding.UTF8.GetString(Convert.FromBase64String((string)kv["key"]!)).Split('/')[^1];
                    Truth.Note(
                        new TruthStep(
                            (long)kv["mod_revision"]!,
                            name,
                            e["type"] is null ? Sequences.Of(Convert.FromBase64String((string)kv["value"]!)) : null
                        )
                    );
                }
            }
        });
    }

    private async Task SignalAsync(string process, string signal) =>
        await RunAsync("kill", $"-{signal}", (await File.ReadAllTextAsync(Path.Combine(_folder, $"{process}.pid"))).Trim());

    private async Task<HttpResponseMessage> RequestAsync(HttpMethod method, string path, string? json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(
                json,
                Encoding.UTF8,
                method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"
            );
        }

        return await _http.SendAsync(request, cancellationToken);
    }

    /// <summary>
    /// For what must work: repeated for a while, since a server that has just come up may still refuse.
    /// </summary>
    private async Task<string> SendAsync(HttpMethod method, string path, string? json)
    {
        var answer = "";
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await RequestAsync(method, path, json, _stopping.Token);
                answer = await response.Content.ReadAsStringAsync(_stopping.Token);
                return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.Conflict;
            },
            $"{method} {path}",
            TimeSpan.FromSeconds(30),
            cancellationToken: _stopping.Token
        );
        return answer;
    }

    private Task<string> ScriptAsync(string command) => RunAsync(_script, command);

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        // Output goes to a file: what the script leaves running would keep a pipe open.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("\"$@\" >\"$LOG\" 2>&1");
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LOG"] = Path.Combine(Path.GetTempPath(), $"vigia-faults-{_port}.log");
        start.Environment["KUBE_PORT"] = _port.ToString(CultureInfo.InvariantCulture);
        start.Environment["ETCD_PORT"] = _etcdPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["ETCDCTL_API"] = "3";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(CancellationToken.None);
        var output = await File.ReadAllTextAsync(start.Environment["LOG"]!);
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }
}
