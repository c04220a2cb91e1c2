namespace Vigia.Live.Subscriptions;

/// <summary>The totals of one transport's streams.</summary>
/// <param name="Word">The transport's word in metrics: sse, websocket or watch.</param>
/// <param name="Open">Open now.</param>
/// <param name="Opened">Opened so far.</param>
/// <param name="Changes">Changes sent, by open streams and ended ones.</param>
/// <param name="Folded">Changes sent in place of several.</param>
internal readonly record struct TransportMeasurements(string Word, int Open, long Opened, long Changes, long Folded);
