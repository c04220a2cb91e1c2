using System.IO.Pipelines;

namespace Vigia.Simulator.Subresources.Spdy;

/// <summary>One stream of a SPDY session, opened by the client.</summary>
internal sealed class SpdyStream(SpdySession session, int id, IReadOnlyDictionary<string, string> headers)
{
    private readonly Pipe _input = new(
        new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, useSynchronizationContext: false)
    );
    private int _closed;

    public int Id => id;

    /// <summary>The client's data.</summary>
    public PipeReader Input => _input.Reader;

    /// <summary>A header, by its name in lower case; empty if there is none.</summary>
    public string Header(string name) => headers.GetValueOrDefault(name, "");

    /// <summary>Sends bytes to the client.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        session.SendDataAsync(id, bytes, last: false, cancellationToken);

    /// <summary>Sends the end; done once.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            await session.SendDataAsync(id, ReadOnlyMemory<byte>.Empty, last: true, cancellationToken);
        }
    }

    public async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, bool last, CancellationToken cancellationToken = default)
    {
        if (bytes.Length > 0)
        {
            await _input.Writer.WriteAsync(bytes, cancellationToken);
        }

        if (last)
        {
            await _input.Writer.CompleteAsync();
        }
    }
}
