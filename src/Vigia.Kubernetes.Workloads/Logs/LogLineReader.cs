using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;

namespace Vigia.Kubernetes.Workloads.Logs;

/// <summary>Reads lines from a stream, each with its leading timestamp.</summary>
internal sealed class LogLineReader(Stream stream, int largestLine)
{
    private readonly PipeReader _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 32 << 10, leaveOpen: true));
    private DateTimeOffset _time;
    private bool _within;

    /// <summary>The next line; null at the end of the stream.</summary>
    public async ValueTask<(DateTimeOffset At, byte[] Bytes, bool IsPart)?> ReadAsync(CancellationToken ct)
    {
        while (true)
        {
            var read = await _reader.ReadAsync(ct);
            var buffer = read.Buffer;
            var part = false;
            if (buffer.PositionOf((byte)'\n') is not { } end)
            {
                // 40 bytes: the longest timestamp, which does not count.
                part = buffer.Length >= largestLine + 40;
                if (!part && (!read.IsCompleted || buffer.IsEmpty))
                {
                    _reader.AdvanceTo(buffer.Start, buffer.End);
                    if (read.IsCompleted)
                    {
                        return null;
                    }

                    continue;
                }

                end = part ? buffer.GetPosition(largestLine) : buffer.End;
            }

            var line = buffer.Slice(0, end).ToArray();
            _reader.AdvanceTo(part || end.Equals(buffer.End) ? end : buffer.GetPosition(1, end));
            return Split(line, part);
        }
    }

    public ValueTask CompleteAsync() => _reader.CompleteAsync();

    private (DateTimeOffset, byte[], bool) Split(byte[] line, bool part)
    {
        if (_within)
        {
            _within = part;
            return (_time, line, part);
        }

        _within = part;
        var space = line.AsSpan().IndexOf((byte)' ');
        var stamp = space < 0 ? line : line.AsSpan(0, space);
        if (TryTime(stamp, out var at))
        {
            _time = at;
            return (at, space < 0 ? [] : line[(space + 1)..], part);
        }

        return (_time, line, part); // a line without a time: the node's own words, as "failed to try resolving symlinks"
    }

    /// <summary>RFC 3339 with up to nine digits of a second (seven are used), in UTC or with an offset.</summary>
    private static bool TryTime(ReadOnlySpan<byte> text, out DateTimeOffset at)
    {
        at = default;
        if (text.Length is < 20 or > 40 || text[10] != (byte)'T')
        {
            return false;
        }

        Span<byte> cut = stackalloc byte[40];
        var (length, i) = (0, 0);
        for (var digits = 0; i < text.Length; i++)
        {
            digits =
                i > 19 && text[19] == (byte)'.' && char.IsAsciiDigit((char)text[i]) && digits < 100 ? digits + 1
                : digits > 0 ? 100
                : 0;
            if (digits is <= 7 or 100)
            {
                cut[length++] = text[i];
            }
        }

        return Utf8Parser.TryParse(cut[..length], out at, out var used, 'O') && used == length
            || DateTimeOffset.TryParse(
                Encoding.ASCII.GetString(cut[..length]),
                System.Globalization.CultureInfo.InvariantCulture,
                System.Globalization.DateTimeStyles.AssumeUniversal,
                out at
            );
    }
}
