using System.Text.Json.Serialization;

namespace Vigia.Simulator;

/// <summary>The effect of a fault on its requests, or on the events of open watches.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
public enum FaultKind
{
    /// <summary>
    /// Requests: answers an error, <see cref="Fault.Code"/>, by default 500; 429 and 503 carry Retry-After.
    /// </summary>
    Error,

    /// <summary>
    /// Requests: waits <see cref="Fault.Latency"/> (up to <see cref="Fault.LatencyMax"/>) before the request is served.
    /// </summary>
    Latency,

    /// <summary>Requests: cuts the connection instead of answering.</summary>
    Cut,

    /// <summary>
    /// Requests and open watches: not a byte more until the fault is removed. The connection itself lives: HTTP/2 pings
    /// are answered.
    /// </summary>
    Hang,

    /// <summary>
    /// Events: sends half of one and cuts the connection. Of a list: half of its items, half of one more, and the cut.
    /// </summary>
    Truncate,

    /// <summary>
    /// Events: corrupts one as <see cref="Fault.Garble"/> specifies, and continues. Of a list: corrupts its middle
    /// item.
    /// </summary>
    Garble,

    /// <summary>
    /// Events: sends an ERROR event with a Status of <see cref="Fault.Code"/> in place of one, and ends the stream,
    /// under HTTP 200.
    /// </summary>
    ErrorEvent,

    /// <summary>
    /// Events: half of one, then the socket under it falls silent in both directions and stays open; pings are not
    /// answered, so only the client's own timeout detects it. Other requests: silence instead of a response. Thawed by
    /// <see cref="FaultInjector.Thaw"/>; removing the fault affects later requests only.
    /// </summary>
    Freeze,

    /// <summary>
    /// Requests: lists with a resourceVersion, gets with one, and watches are served by a replica that is behind by
    /// <see cref="Fault.Behind"/> revisions or <see cref="Fault.BehindTime"/> milliseconds, or stays at
    /// <see cref="Fault.AtRevision"/>. A list not older than a revision beyond the replica's is refused as too large.
    /// Open watches catch up when the fault is removed.
    /// </summary>
    Stale,

    /// <summary>
    /// Requests: lists, and streaming lists, that name a resourceVersion above 0 are refused as too large, in the shape
    /// <see cref="Fault.TooLarge"/>.
    /// </summary>
    TooLarge,

    /// <summary>
    /// Watches: a streaming list never sends the bookmark that ends its initial events; changes are sent all the same.
    /// </summary>
    NoEndBookmark,

    /// <summary>
    /// Watches: bookmarks (not the end of initial events) are withheld; with a <see cref="Fault.Rate"/> below 1 they
    /// become rare.
    /// </summary>
    NoBookmarks,

    /// <summary>
    /// Watches: <c>sendInitialEvents</c> is refused as by a server without the feature: 422 Invalid, or 400 where that
    /// is the <see cref="Fault.Code"/>.
    /// </summary>
    NoStreamingLists,
}

/// <summary>How <see cref="FaultKind.Garble"/> spoils an event.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GarbleForm>))]
public enum GarbleForm
{
    /// <summary>
    /// Most of it is missing, and it contains a control character, so it is not valid JSON. The line still ends.
    /// </summary>
    BrokenJson,

    /// <summary>The high bit of some of its bytes, drawn by the seed, is inverted, so it is not valid UTF-8.</summary>
    FlippedBytes,

    /// <summary>Its type is unknown to all clients: <c>SURPRISE</c>. Of a list: as <see cref="BrokenJson"/>.</summary>
    UnknownType,

    /// <summary>Its object is <c>null</c>.</summary>
    NoObject,
}

/// <summary>The three forms in which servers have reported a too large resource version, all under HTTP 504.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TooLargeForm>))]
public enum TooLargeForm
{
    /// <summary>Since 1.18.6: a cause of type <c>ResourceVersionTooLarge</c>.</summary>
    CauseType,

    /// <summary>1.17.0 to 1.18.5: a cause with the message <c>Too large resource version</c> and no type.</summary>
    CauseMessage,

    /// <summary>Before 1.17: the message of the Status alone.</summary>
    Message,
}

/// <summary>
/// How servers refuse a list of one object (<c>fieldSelector=metadata.name=…</c>) at exactly a revision that etcd has
/// compacted.
/// </summary>
public enum CompactedReadForm
{
    /// <summary>410 Expired, as current servers answer (seen on 1.36).</summary>
    Expired,

    /// <summary>
    /// 500 with etcd's own message, as 1.20 answers: there a single object is a get, whose errors are not translated.
    /// Lists of several get
    /// 410.
    /// </summary>
    EtcdMessage,
}
