namespace Vigia.Informers.Auditing;

/// <summary>What an audit came to.</summary>
public enum AuditOutcome
{
    /// <summary>The cache is what the server has.</summary>
    Equal,

    /// <summary>It is not: <see cref="AuditReport.Differences"/> says where. The informer lists again.</summary>
    Different,

    /// <summary>Nothing can be said: the server could not be listed, or the informer was not live; <see cref="AuditReport.Reason"/> says which.</summary>
    Incomplete,
}
