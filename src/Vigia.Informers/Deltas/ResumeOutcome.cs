namespace Vigia.Informers;

/// <summary>What a log says to a cursor of another replica (<see cref="DeltaLog.Resume"/>).</summary>
public enum ResumeOutcome
{
    /// <summary>It goes on here, exactly from where it was.</summary>
    Opened,

    /// <summary>
    /// It has seen more than this log: ask again when the log has grown. Whether the server still has that history only
    /// the server can tell meanwhile.
    /// </summary>
    Ahead,

    /// <summary>
    /// It belongs to a history that the server no longer has: etcd was restored from a backup. Only a reset helps
    /// (<see cref="ResetReason.Restored"/>).
    /// </summary>
    OtherHistory,

    /// <summary>This log does not reach back so far: only the API server's own history can tell.</summary>
    TooOld,
}
