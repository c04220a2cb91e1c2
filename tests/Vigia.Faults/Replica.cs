using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Vigia.Testing;

namespace Vigia.Faults;

/// <summary>
/// A gateway: the command <c>vigia serve</c> as a process, at an address that stays the same when it is started again.
/// </summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly string[] _arguments;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    private Replica(string name, Uri address, string[] arguments) => (Name, Address, _arguments) = (name, address, arguments);

    public string Name { get; }

    public Uri Address { get; }

    /// <summary>What it logged last.</summary>
    public string Tail => string.Join('\n', _output.TakeLast(12));

    /// <summary>All that is kept of what it logged.</summary>
    public string Log => string.Join('\n', _output);

    public bool IsRunning => _process is { HasExited: false };

    public static Replica Create(string name, bool tls, params string[] arguments)
    {
        var address = new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{FreePort()}");
        return new Replica(name, address, ["serve", "--listen", address.ToString().TrimEnd('/'), .. arguments]);
    }

    /// <summary>Starts the process; it may not be ready yet.</summary>
    public void Start()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in _arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "vigia.dll")))
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public async Task ReadyAsync(HttpClient http, CancellationToken cancellationToken) =>
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri(Address, "readyz"), cancellationToken);
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return IsRunning ? false : throw new InvalidOperationException($"gateway {Name} ended: {Tail}");
                }
            },
            $"gateway {Name} is ready",
            TimeSpan.FromSeconds(90),
            cancellationToken: cancellationToken
        );

    /// <summary>SIGKILL: nothing is said, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
            while (_output.Count > 2000)
            {
                _output.TryDequeue(out _);
            }
        }
    }
}
