namespace Vigia.Kubernetes;

/// <summary>An open watch: the server has accepted it. One reader; dispose it to end the request.</summary>
public interface IWatchStream : IAsyncDisposable
{
    /// <summary>The next event; null when the server ended the watch normally.</summary>
    /// <exception cref="ObjectFormatException">
    /// Bytes that are not an event: the position in the stream is lost, so the caller must relist.
    /// </exception>
    /// <exception cref="IOException">The connection broke.</exception>
    ValueTask<WatchEvent?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// True if the next event is in memory already, so that <see cref="ReadAsync"/> will not wait for the network.
    /// </summary>
    bool HasBuffered { get; }
}
