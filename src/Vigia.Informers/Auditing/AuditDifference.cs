using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>One object over which cache and server differ.</summary>
/// <param name="Kind">How.</param>
/// <param name="Key">The object.</param>
/// <param name="Cached">The version in the cache; none if it has none.</param>
/// <param name="Listed">The version in the server's list; none if it was not listed.</param>
public sealed record AuditDifference(AuditDifferenceKind Kind, ObjectKey Key, ResourceVersion Cached, ResourceVersion Listed)
{
    /// <summary>In words.</summary>
    public override string ToString() =>
        Kind switch
        {
            AuditDifferenceKind.Missing => $"{Key} is missing, the server has it at version {Listed}",
            AuditDifferenceKind.Extra => $"{Key} is cached at version {Cached}, the server no longer has it",
            AuditDifferenceKind.Older => $"{Key} is cached at version {Cached}, the server has it at {Listed}",
            AuditDifferenceKind.OtherHistory => $"{Key} is cached at version {Cached}, which the server never had; it has {Listed}",
            AuditDifferenceKind.Behind => $"{Key} is {(Cached.IsNone ? "missing" : $"cached at version {Cached}")}, the server has it "
                + $"{(Listed.IsNone ? "no longer" : $"at {Listed}")}, and the watch has not reported it",
            _ => $"{Key} is cached at version {Cached} with content other than the server's at that version",
        };
}
