namespace Vigia.Informers;

/// <summary>How the cache differs from the server over one object.</summary>
public enum AuditDifferenceKind
{
    /// <summary>The server has it and the cache has not: an addition was lost.</summary>
    Missing,

    /// <summary>
    /// The cache has it and the server has not: a deletion was lost, or the server was restored to a state before the
    /// object.
    /// </summary>
    Extra,

    /// <summary>The cache has an older version: an update was lost.</summary>
    Older,

    /// <summary>
    /// The cache has a version that the server, when listed later, never had: the server was restored from a backup and
    /// has since passed that revision.
    /// </summary>
    OtherHistory,

    /// <summary>
    /// Cache and server have the same version with different bytes: the cache is corrupt, or the server changed the
    /// object without a new version.
    /// </summary>
    Content,

    /// <summary>
    /// The cache lacks a version of the server, and the watch has not reported its progress: it is unknown whether the
    /// event is late or lost.
    /// </summary>
    Behind,
}
