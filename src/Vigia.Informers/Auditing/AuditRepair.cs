namespace Vigia.Informers;

/// <summary>How differences were repaired.</summary>
public enum AuditRepair
{
    /// <summary>Nothing was needed.</summary>
    None,

    /// <summary>The resource is relisted; consumers receive the differences as changes.</summary>
    Relist,

    /// <summary>
    /// The server has another history than the cache: everything is listed again, and every consumer is reset
    /// (<see cref="ResetReason.Restored"/>).
    /// </summary>
    Reset,
}
