namespace Vigia.Live.Subscriptions;

/// <summary>How a client that comes back with a cursor was taken up again.</summary>
internal enum StreamPickUp
{
    /// <summary>At its very position: it had been here.</summary>
    Exact,

    /// <summary>From this gateway's own log, by revisions: it had been at another replica.</summary>
    Log,

    /// <summary>From the API server's history: this gateway is younger than the cursor.</summary>
    History,

    /// <summary>Not resumed: a <c>reset</c> was sent.</summary>
    Reset,
}
