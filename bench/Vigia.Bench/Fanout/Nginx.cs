using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Vigia.Bench.Fanout;

/// <summary>
/// Debian's nginx with nchan (<c>apt-get install nginx libnginx-mod-nchan</c>), one worker, <c>/pub</c> and
/// <c>/sub</c>, in a folder of its own.
/// </summary>
internal sealed class Nginx : IDisposable
{
    private const string Module = "/usr/lib/nginx/modules/ngx_nchan_module.so";

    private readonly Process _process;
    private readonly string _folder;

    private Nginx(Process process, string folder, Uri url) => (_process, _folder, Url) = (process, folder, url);

    public Uri Url { get; }

    /// <summary>The worker's process.</summary>
    public int Pid { get; private init; }

    /// <summary>Starts it; null where it is not installed.</summary>
    public static async Task<Nginx?> StartAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Module))
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("vigia-nchan").FullName;
        var port = FreePort();
        var temporary = string.Join(
            ' ',
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {folder}/{name};")
        );
        await File.WriteAllTextAsync(
            Path.Combine(folder, "nginx.conf"),
            $$"""
            load_module {{Module}};
            daemon off; worker_processes 1; pid {{folder}}/pid; error_log {{folder}}/error.log; worker_rlimit_nofile 20000;
            events { worker_connections 16000; }
            http { access_log off; nchan_max_reserved_memory 256M; {{temporary}}
             server { listen 127.0.0.1:{{port}} backlog=8192;
              location /pub { nchan_publisher; nchan_channel_id x; nchan_message_buffer_length 2000; keepalive_requests 1000000; }
              location /sub { nchan_subscriber eventsource; nchan_channel_id x; nchan_subscriber_first_message newest; } } }
            """,
            cancellationToken
        );
        var process = Process.Start(
            new ProcessStartInfo("/usr/sbin/nginx", ["-c", Path.Combine(folder, "nginx.conf"), "-p", folder])
            {
                RedirectStandardError = true,
            }
        )!;
        var url = new Uri($"http://127.0.0.1:{port}");
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                break;
            }
            catch (SocketException) when (tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }

        var children = await File.ReadAllTextAsync($"/proc/{process.Id}/task/{process.Id}/children", cancellationToken);
        return new Nginx(process, folder, url)
        {
            Pid = int.Parse(children.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
