namespace Vigia.Gateway.Http;

/// <summary>Why a connection was closed, or its request not read.</summary>
internal enum RefusalReason
{
    /// <summary>The connection was open for as long as headers may take, and no request was complete.</summary>
    NoRequest,

    /// <summary>There were too many idle connections, and this one was the oldest.</summary>
    TooManyIdle,

    /// <summary>There were as many connections as may be, all of them in use.</summary>
    TooManyConnections,

    /// <summary>Invalid HTTP, or HTTP beyond the limits, as reported by Kestrel.</summary>
    BadHttp,

    /// <summary>The client did not take its answer.</summary>
    TooSlow,
}
