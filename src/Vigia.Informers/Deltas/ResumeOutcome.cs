namespace Vigia.Informers;

/// <summary>A log's answer to a cursor of another replica (<see cref="DeltaLog.Resume"/>).</summary>
public enum ResumeOutcome
{
    /// <summary>It continues here, exactly after its position.</summary>
    Opened,

    /// <summary>
    /// It has seen more than this log: try again when the log has grown. Until then only the server can say whether it
    /// still has that history.
    /// </summary>
    Ahead,

    /// <summary>
    /// It belongs to a history that the server no longer has: etcd was restored from a backup. Only a reset helps
    /// (<see cref="ResetReason.Restored"/>).
    /// </summary>
    OtherHistory,

    /// <summary>This log does not reach back that far: only the API server's own history can.</summary>
    TooOld,
}
