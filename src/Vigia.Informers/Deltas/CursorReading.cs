namespace Vigia.Informers;

/// <summary>The result of reading a cursor.</summary>
public enum CursorReading
{
    /// <summary>Nothing new.</summary>
    Nothing,

    /// <summary>Every delta since the last reading, one by one.</summary>
    Deltas,

    /// <summary>
    /// The cursor had fallen off the log: the deltas bring it up to date, and steps in between are folded.
    /// </summary>
    CaughtUp,

    /// <summary>
    /// The cursor cannot continue: open a new one with a snapshot (<see cref="DeltaLog.OpenWithSnapshot"/>).
    /// <see cref="DeltaCursor.ResetReason"/> has the reason.
    /// </summary>
    Reset,
}

/// <summary>Why a cursor was reset. The words go out in <c>reset</c> events.</summary>
public enum ResetReason
{
    /// <summary>A first connection: there is nothing to resume.</summary>
    Start,

    /// <summary>The cursor is older than anything that is remembered.</summary>
    Expired,

    /// <summary>The API server went back to an older state (etcd restored from a backup).</summary>
    Restored,

    /// <summary>The cursor belongs to another filter.</summary>
    Filter,
}
