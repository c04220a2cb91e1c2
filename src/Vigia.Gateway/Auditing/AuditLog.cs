using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Auditing;

/// <summary>Writes lines to a file without ever holding up a request.</summary>
/// <remarks>
/// <b>Guarantees.</b> Lines are whole and in order of arrival. Lines that cannot be written are counted and reported:
/// as a line when writing works again, in the gateway's own log at once. Thread-safe; Dispose writes waiting lines, for
/// at most 5 s.
/// </remarks>
internal sealed partial class AuditLog : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly AuditLogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<byte[]> _lines;
    private readonly CancellationTokenSource _stopping = new();
    private Stream? _file;
    private long _size;
    private long _dropped;
    private long _toldDropped;
    private int _reopen;
    private Task? _writing;

    public AuditLog(AuditLogOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _lines = Channel.CreateBounded<byte[]>(
            new BoundedChannelOptions(options.Queue)
            {
                SingleReader = true,
                SingleWriter = false,
                FullMode = BoundedChannelFullMode.Wait,
                AllowSynchronousContinuations = false,
            }
        );
    }

    /// <summary>Lines that were not written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Opens the file.</summary>
    /// <exception cref="IOException">It cannot be opened: names it.</exception>
    public void Start()
    {
        try
        {
            Open();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"the audit log cannot be opened: {error.Message}", error);
        }

        _writing ??= Task.Run(() => WriteAsync(_stopping.Token), CancellationToken.None);
    }

    /// <summary>Takes a line, its end included; drops it where too many wait.</summary>
    public void Add(byte[] line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Drop(1, "lines are produced faster than they are written");
        }
    }

    /// <summary>
    /// Closes the file and opens it again before the next line, for tools that rename it (logrotate).
    /// </summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopen, 1);
        _lines.Writer.TryWrite([]);
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        if (_writing is { } writing)
        {
            await writing.WaitAsync(Patience, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!writing.IsCompleted)
            {
                await _stopping.CancelAsync();
            }

            await writing;
        }

        await CloseAsync();
        _stopping.Dispose();
    }

    private async Task WriteAsync(CancellationToken stopping)
    {
        try
        {
            while (await _lines.Reader.WaitToReadAsync(stopping))
            {
                while (_lines.Reader.TryRead(out var line))
                {
                    await TryWriteAsync(line, stopping);
                }

                await FlushAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Drop(_lines.Reader.Count, "the gateway stopped before they were written");
        }
    }

    private async Task TryWriteAsync(byte[] line, CancellationToken stopping)
    {
        try
        {
            if (Interlocked.Exchange(ref _reopen, 0) != 0 || _file is null)
            {
                await CloseAsync();
                Open();
            }

            if (_options.MaxBytes > 0 && _size + line.Length > _options.MaxBytes && _size > 0 && _options.Path != "-")
            {
                await CloseAsync();
                Rotate();
                Open();
            }

            if (Dropped is var dropped && dropped != _toldDropped)
            {
                var told = Encode(json =>
                {
                    json.WriteString("at"u8, _time.GetUtcNow());
                    json.WriteString("event"u8, "dropped"u8);
                    json.WriteNumber("lines"u8, dropped - _toldDropped);
                });
                await _file!.WriteAsync(told, stopping);
                _size += told.Length;
                _toldDropped = dropped;
            }

            await _file!.WriteAsync(line, stopping);
            _size += line.Length;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await FailedAsync(line.Length > 0 ? 1 : 0, error, stopping);
        }
    }

    private async Task FlushAsync(CancellationToken stopping)
    {
        try
        {
            if (_file is { } file)
            {
                await file.FlushAsync(stopping);
            }
        }
        catch (IOException error)
        {
            await FailedAsync(1, error, stopping);
        }
    }

    private async Task FailedAsync(int lines, Exception error, CancellationToken stopping)
    {
        await CloseAsync();
        Drop(lines, error.Message);
        await Task.Delay(RetryAfter, _time, stopping);
    }

    private void Drop(long lines, string reason)
    {
        if (lines > 0 && Interlocked.Add(ref _dropped, lines) - lines == Volatile.Read(ref _toldDropped))
        {
            LogDropped(_options.Path, reason);
        }
    }

    private void Open()
    {
        if (_options.Path == "-")
        {
            (_file, _size) = (Console.OpenStandardOutput(), 0);
            return;
        }

        var how = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 64 * 1024,
        };
        if (!OperatingSystem.IsWindows())
        {
            // Names of users and of the objects they read are private from the first moment on.
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        var file = new FileStream(_options.Path, how);
        (_file, _size) = (file, file.Length);
    }

    private async Task CloseAsync()
    {
        if (_file is not { } file)
        {
            return;
        }

        _file = null;
        try
        {
            await file.DisposeAsync();
        }
        catch (IOException error)
        {
            Drop(1, error.Message);
        }
    }

    private void Rotate()
    {
        for (var number = _options.Keep; number > 0; number--)
        {
            var from = number == 1 ? _options.Path : $"{_options.Path}.{number - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{_options.Path}.{number}", overwrite: true);
            }
        }

        if (_options.Keep == 0)
        {
            File.Delete(_options.Path);
        }
    }

    /// <summary>A line of JSON, its end included.</summary>
    public static byte[] Encode(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, JsonAnswer.Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    [LoggerMessage(3067, LogLevel.Error, "Audit log {File} dropped lines: {Reason}")]
    private partial void LogDropped(string file, string reason);
}
