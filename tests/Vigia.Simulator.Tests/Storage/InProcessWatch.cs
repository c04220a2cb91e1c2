using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Serving;

namespace Vigia.Simulator.Tests.Storage;

/// <summary>A watch of the server without a socket, which counts the lines that it is sent.</summary>
internal sealed class InProcessWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _leave = new();
    private readonly CountingStream _lines = new();
    private readonly Task _serving;

    public InProcessWatch(ApiServer server, string path, string query)
    {
        var http = Request(path, query, _leave.Token);
        http.Response.Body = _lines;
        _serving = server.ServeInsideAsync(http);
    }

    public long Lines => _lines.Lines;

    public long Bytes => _lines.Bytes;

    /// <summary>True when the server has ended it.</summary>
    public bool HasEnded => _serving.IsCompleted;

    /// <summary>Returns when so many lines have come; fails where the stream ends before.</summary>
    public async Task UntilAsync(long lines)
    {
        var there = _lines.UntilAsync(lines);
        if (await Task.WhenAny(there, _serving).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Fixture.Token) == _serving)
        {
            await _serving;
            Assert.Fail($"the watch ended after {Lines} lines");
        }
    }

    public static DefaultHttpContext Request(string path, string query, CancellationToken aborted)
    {
        var http = new DefaultHttpContext { RequestAborted = aborted };
        http.Request.Method = "GET";
        http.Request.Path = path;
        http.Request.QueryString = new QueryString(query);
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync();
        await _serving;
        _leave.Dispose();
    }

    private sealed class CountingStream : Stream
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource? _waiting;
        private long _waitsFor;

        public long Lines { get; private set; }

        public long Bytes { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Bytes;

        public override long Position
        {
            get => Bytes;
            set => throw new NotSupportedException();
        }

        public Task UntilAsync(long lines)
        {
            lock (_gate)
            {
                _waitsFor = lines;
                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (Lines >= lines)
                {
                    _waiting.SetResult();
                }

                return _waiting.Task;
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_gate)
            {
                Lines += buffer.Span.Count((byte)'\n');
                Bytes += buffer.Length;
                if (Lines >= _waitsFor)
                {
                    _waiting?.TrySetResult();
                }
            }

            return default;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
            // Nothing is held back.
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
