using Vigia.Informers;

namespace Vigia.Live.Subscriptions;

/// <summary>The totals of all streams, at one moment.</summary>
/// <param name="Transports">By transport.</param>
/// <param name="Resets">Resets sent to clients, by reason.</param>
/// <param name="PickUps">Resumed clients, by source.</param>
/// <param name="TooMany">Streams refused because there were too many in all.</param>
/// <param name="TooManyOfOne">Streams refused because there were too many of one caller.</param>
internal sealed record StreamMeasurements(
    IReadOnlyList<TransportMeasurements> Transports,
    IReadOnlyList<(ResetReason Reason, long Count)> Resets,
    IReadOnlyList<(StreamPickUp How, long Count)> PickUps,
    long TooMany,
    long TooManyOfOne
);
