using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Vigia.Bench.Fanout;

/// <summary>
/// Many SSE subscribers on one thread. A message carries its time of sending as <c>"t":NANOSECONDS</c> (the machine's
/// monotonic clock) somewhere in it; nothing else of it is looked at.
/// </summary>
internal sealed class Subscribers : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly Epoll _epoll = new();
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly byte[][] _rest;
    private readonly int[] _restLength;
    private readonly int[] _counts;
    private readonly byte[] _mark;
    private readonly Thread _thread;
    private readonly IPEndPoint _server;
    private readonly byte[] _request;
    private volatile bool _stop;
    private List<long> _latencies = [];
    private long _messages;
    private long _bytes;
    private int _closed;

    public Subscribers(Uri url, int count, string mark = "\"t\":")
    {
        _server = new IPEndPoint(IPAddress.Parse(url.Host == "localhost" ? "127.0.0.1" : url.Host), url.Port);
        _request = Encoding.ASCII.GetBytes(
            $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nAccept: text/event-stream\r\n\r\n"
        );
        _rest = new byte[count][];
        _restLength = new int[count];
        _counts = new int[count];
        _mark = Encoding.ASCII.GetBytes(mark);
        _thread = new Thread(Run) { IsBackground = true, Name = "subscribers" };
    }

    public long Messages => Volatile.Read(ref _messages);

    public long Bytes => Volatile.Read(ref _bytes);

    public int Closed => Volatile.Read(ref _closed);

    /// <summary>Nanoseconds of the monotonic clock, the same in every process of the machine.</summary>
    public static long Now => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    public int Least => _counts.Take(_sockets.Count).DefaultIfEmpty().Min();

    /// <summary>Opens the connections, as many as <paramref name="stalled"/> of which are never read.</summary>
    public async Task ConnectAsync(int stalled, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _rest.Length; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(_server, cancellationToken);
            await socket.SendAsync(_request, cancellationToken);
            _sockets.Add(socket);
            _rest[i] = new byte[64];
            if (i >= stalled)
            {
                _epoll.Add((int)socket.SafeHandle.DangerousGetHandle(), i);
            }
        }
    }

    /// <summary>Begins to read.</summary>
    public void Start() => _thread.Start();

    /// <summary>What came since the last call.</summary>
    public long[] Take()
    {
        List<long> taken;
        lock (_counts)
        {
            (taken, _latencies) = (_latencies, new List<long>(_latencies.Count));
        }

        taken.Sort();
        return [.. taken];
    }

    public void Dispose()
    {
        _stop = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        _epoll.Dispose();
    }

    private void Run()
    {
        while (!_stop)
        {
            foreach (ref readonly var ready in _epoll.Wait(100))
            {
                Receive((int)ready.Tag);
            }
        }
    }

    private void Receive(int index)
    {
        // What was left of the last reading stands in front, in case a mark is cut in two.
        var kept = _restLength[index];
        _rest[index].AsSpan(0, kept).CopyTo(_buffer);
        var read = Epoll.Receive((int)_sockets[index].SafeHandle.DangerousGetHandle(), _buffer.AsSpan(kept));
        if (read <= 0)
        {
            if (read == 0)
            {
                _closed++;
                _sockets[index].Dispose();
            }

            return;
        }

        _bytes += read;
        var now = Now;
        var bytes = _buffer.AsSpan(0, kept + read);
        lock (_counts)
        {
            while (bytes.IndexOf(_mark) is var at and >= 0)
            {
                var digits = bytes[(at + _mark.Length)..];
                if (digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 || !Utf8Parser.TryParse(digits, out long sent, out _))
                {
                    bytes = bytes[at..];
                    break;
                }

                // A number that a chunk boundary cut in two says nothing.
                if (now - sent < 600_000_000_000)
                {
                    _latencies.Add(now - sent);
                }

                _messages++;
                _counts[index]++;
                bytes = digits;
            }
        }

        var rest = bytes[^Math.Min(bytes.Length, 32)..];
        rest = rest.IndexOf(_mark) is var again and >= 0 ? rest[again..] : rest[^Math.Min(rest.Length, _mark.Length - 1)..];
        rest.CopyTo(_rest[index]);
        _restLength[index] = rest.Length;
    }
}
