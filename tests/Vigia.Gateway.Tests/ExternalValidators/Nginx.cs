using System.Net;
using System.Net.Sockets;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.ExternalValidators;

/// <summary>
/// Debian's nginx in front of a gateway, one server per way to configure it, each on a free port; ends with its test.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    private const string Upgrading =
        "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;";

    // What an administrator may write, from nothing at all to what docs/api.md says.
    private static readonly Dictionary<string, string> Ways = new(StringComparer.Ordinal)
    {
        ["default"] = "",
        ["gzip"] = "gzip on; gzip_types *; gzip_proxied any;",
        ["unbuffered"] = "proxy_buffering off;",
        ["documented"] = Upgrading + " proxy_set_header Host $http_host; proxy_read_timeout 1h;",
        ["host and port"] = Upgrading + " proxy_set_header Host $host:$server_port;",
        ["forwarded"] = Upgrading + " proxy_set_header X-Forwarded-Host $host:$server_port; proxy_set_header X-Forwarded-Proto $scheme;",
        ["without host"] = Upgrading,
        ["host without port"] = Upgrading + " proxy_set_header Host $host;",
    };

    private readonly DirectoryInfo _folder;
    private readonly LineProcess _process;
    private readonly Dictionary<string, int> _ports;

    private Nginx(DirectoryInfo folder, LineProcess process, Dictionary<string, int> ports) =>
        (_folder, _process, _ports) = (folder, process, ports);

    /// <summary>Where a server listens.</summary>
    public Uri this[string way] => new($"http://127.0.0.1:{_ports[way]}/");

    /// <summary>Starts it; skips the test where it is not installed.</summary>
    public static async Task<Nginx> StartAsync(Uri behind)
    {
        var program = Installed.Require(
            "nginx",
            LineProcess.Find("nginx") ?? (File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : null),
            "nginx is not installed (Debian's package nginx)"
        );
        var folder = Directory.CreateTempSubdirectory("vigia-nginx");
        var ports = FreePorts(Ways.Count);
        var named = Ways.Keys.Zip(ports).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        var temporary = string.Join(
            ' ',
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {folder.FullName}/{kind};")
        );
        var servers = string.Join(
            '\n',
            Ways.Select(way =>
                $"server {{ listen 127.0.0.1:{named[way.Key]}; {(way.Key == "gzip" ? way.Value : "")} location / {{ proxy_pass "
                + $"http://{behind.Authority}; {(way.Key == "gzip" ? "" : way.Value)} }} }}"
            )
        );
        var file = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(
            file,
            $$"""
            daemon off; master_process off; pid {{folder.FullName}}/nginx.pid; error_log stderr;
            events { worker_connections 512; }
            http {
            access_log off; {{temporary}}
            map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
            {{servers}}
            }
            """,
            TestContext.Current.CancellationToken
        );
        var nginx = new Nginx(folder, LineProcess.Start(program, "-e", "stderr", "-p", folder.FullName, "-c", file), named);
        await nginx._process.UntilAsync(_ => nginx._process.HasEnded || named.Values.All(IsOpen), "nginx listens");
        Assert.False(nginx._process.HasEnded, string.Join('\n', nginx._process.Lines));
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Ports that nobody listens on now.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
        {
            listener.Start();
        }

        var ports = Array.ConvertAll(listeners, listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }

    private static bool IsOpen(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
