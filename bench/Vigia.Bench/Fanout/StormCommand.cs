using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Vigia.Bench.Fanout;

/// <summary>
/// <c>storm</c>: all subscribers are cut off, much happens, and all come back within a second with their cursors while
/// it goes on: what each missed, and until when the last one had everything.
/// </summary>
internal static class StormCommand
{
    // The feed's first list stands at this revision, and each change is one more.
    private const long First = 1000;

    public static Command Create()
    {
        var subscribers = new Option<int>("--subscribers") { Description = "SSE subscribers.", DefaultValueFactory = _ => 1000 };
        var away = new Option<int>("--away") { Description = "Changes while they are away.", DefaultValueFactory = _ => 500 };
        var rate = new Option<int>("--rate") { Description = "Changes a second while they come back.", DefaultValueFactory = _ => 50 };
        var command = new Command(
            "storm",
            "A thousand subscribers come back within a second: nothing lost, nothing twice, and how long it took."
        )
        {
            subscribers,
            away,
            rate,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (count, missed, perSecond) = (parsed.GetValue(subscribers), parsed.GetValue(away), parsed.GetValue(rate));
                using var server = Itself.Start(["fanout-serve"]);
                var url = new Uri(
                    new Uri((await server.StandardOutput.ReadLineAsync(cancellationToken))!),
                    "/api/v1/configmaps/stream?shape=full&delivery=every"
                );

                // 1. All are there and have seen the same changes; then all are gone.
                var before = await Task.WhenAll(
                    Enumerable
                        .Range(0, count)
                        .Select(_ => Task.Run(() => Follower.ConnectAsync(url, null, First, cancellationToken), cancellationToken))
                );
                await PublishAsync(server, 1000, 20, cancellationToken);
                await Task.WhenAll(before.Select(follower => follower.UntilAsync(First + 20, cancellationToken)));
                foreach (var follower in before)
                {
                    follower.Dispose();
                }

                await PublishAsync(server, 5000, missed, cancellationToken);

                // 2. All come back, spread over a second, while changes go on.
                var publishing = PublishAsync(server, perSecond, perSecond * 2, cancellationToken);
                var last = First + 20 + missed + (perSecond * 2);
                var watch = Stopwatch.StartNew();
                var times = await Task.WhenAll(
                    before.Select(
                        (old, i) =>
                            Task.Run(
                                async () =>
                                {
                                    await Task.Delay(TimeSpan.FromSeconds(1.0 * i / count), TimeProvider.System, cancellationToken);
                                    var began = watch.Elapsed;
                                    using var follower = await Follower.ConnectAsync(url, old.Cursor, First + 20, cancellationToken);
                                    await follower.UntilAsync(First + 20 + missed, cancellationToken);
                                    var resumed = watch.Elapsed;
                                    await follower.UntilAsync(last, cancellationToken);
                                    return (Began: began, Resumed: resumed, follower.Lost, follower.Twice, follower.Resets);
                                },
                                cancellationToken
                            )
                    )
                );
                await publishing;
                var taken = times.Select(time => (time.Resumed - time.Began).TotalMilliseconds).Order().ToArray();
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            subscribers = count,
                            missedEach = missed,
                            rate = perSecond,
                            lost = times.Sum(time => time.Lost),
                            twice = times.Sum(time => time.Twice),
                            resets = times.Sum(time => time.Resets),
                            resumeP50 = Math.Round(taken[count / 2], 1),
                            resumeP99 = Math.Round(taken[count * 99 / 100], 1),
                            lastConnectSeconds = Math.Round(times.Max(time => time.Began).TotalSeconds, 2),
                            lastResumedSeconds = Math.Round(times.Max(time => time.Resumed).TotalSeconds, 2),
                        }
                    )
                );
                server.StandardInput.Close();
                await server.WaitForExitAsync(cancellationToken);
                return times.Any(time => time.Lost + time.Twice + time.Resets > 0) ? 1 : 0;
            }
        );
        return command;
    }

    private static async Task PublishAsync(Process server, int rate, int count, CancellationToken cancellationToken)
    {
        await server.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"publish {rate} {count}"));
        await server.StandardOutput.ReadLineAsync(cancellationToken);
    }

    /// <summary>
    /// A subscriber that follows revisions: each is one more than the one before, or something was lost or came twice.
    /// </summary>
    private sealed class Follower : IDisposable
    {
        private readonly Socket _socket;
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _length;
        private long _seen;

        private Follower(Socket socket, long seen) => (_socket, _seen) = (socket, seen);

        public string Cursor { get; private set; } = "";

        public long Lost { get; private set; }

        public long Twice { get; private set; }

        public int Resets { get; private set; }

        public static async Task<Follower> ConnectAsync(Uri url, string? cursor, long seen, CancellationToken cancellationToken)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, url.Port, cancellationToken);
            var resume = cursor is null ? "" : $"Last-Event-ID: {cursor}\r\n";
            await socket.SendAsync(
                Encoding.ASCII.GetBytes($"GET {url.PathAndQuery} HTTP/1.1\r\nHost: localhost\r\n{resume}\r\n"),
                cancellationToken
            );
            var follower = new Follower(socket, seen);
            if (cursor is null)
            {
                while (follower.Cursor.Length == 0)
                {
                    await follower.ReadAsync(cancellationToken);
                }

                follower.Resets = 0;
            }

            return follower;
        }

        public async Task UntilAsync(long revision, CancellationToken cancellationToken)
        {
            while (_seen < revision)
            {
                await ReadAsync(cancellationToken);
            }
        }

        public void Dispose() => _socket.Dispose();

        private async Task ReadAsync(CancellationToken cancellationToken)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_length), cancellationToken);
            if (read == 0)
            {
                throw new IOException("the gateway closed the stream");
            }

            _length += read;
            var rest = _buffer.AsSpan(0, _length);
            while (rest.IndexOf((byte)'\n') is var end and >= 0)
            {
                Line(rest[..end]);
                rest = rest[(end + 1)..];
            }

            rest.CopyTo(_buffer);
            _length = rest.Length;
        }

        private void Line(ReadOnlySpan<byte> line)
        {
            if (line.StartsWith("id: "u8))
            {
                Cursor = Encoding.ASCII.GetString(line[4..]);
                return;
            }

            Resets += line.StartsWith("event: reset"u8) ? 1 : 0;
            if (!line.StartsWith("data: "u8) || line.IndexOf("\"resourceVersion\":\""u8) is not (>= 0 and var at))
            {
                return;
            }

            var digits = line[(at + "\"resourceVersion\":\"".Length)..];
            var revision = long.Parse(digits[..digits.IndexOf((byte)'"')], CultureInfo.InvariantCulture);
            Lost += Math.Max(0, revision - _seen - 1);
            Twice += revision <= _seen ? 1 : 0;
            _seen = Math.Max(_seen, revision);
        }
    }
}
