namespace Vigia.Gateway.Http;

/// <summary>A stream that continues on a bare connection after its request has ended.</summary>
internal interface ITakenOverConnection
{
    /// <summary>Changes sent so far.</summary>
    long Changes { get; }

    /// <summary>Bytes sent so far, without those sent through the request's response.</summary>
    long Bytes { get; }

    /// <summary>
    /// Runs until the client leaves or it is over; true if the response was ended as it should be.
    /// </summary>
    /// <param name="ended">To be done at the end.</param>
    /// <param name="client">The connection is gone.</param>
    /// <param name="caller">The caller may no longer look.</param>
    Task<bool> RunAsync(Action<ITakenOverConnection>? ended, CancellationToken client, CancellationToken caller);
}
