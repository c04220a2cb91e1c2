using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>One object over which cache and server differ.</summary>
/// <param name="Kind">How.</param>
/// <param name="Key">Which.</param>
/// <param name="Cached">The version in the cache; none where it has none.</param>
/// <param name="Listed">The version that the server told; none where it has none.</param>
public sealed record AuditDifference(AuditDifferenceKind Kind, ObjectKey Key, ResourceVersion Cached, ResourceVersion Listed)
{
    /// <summary>In words.</summary>
    public override string ToString() =>
        Kind switch
        {
            AuditDifferenceKind.Missing => $"{Key} is missing, the server has it at version {Listed}",
            AuditDifferenceKind.Extra => $"{Key} is held at version {Cached}, the server has it no longer",
            AuditDifferenceKind.Older => $"{Key} is held at version {Cached}, the server has it at {Listed}",
            AuditDifferenceKind.OtherHistory => $"{Key} is held at version {Cached}, which the server never had; it says {Listed}",
            AuditDifferenceKind.Behind => $"{Key} is {(Cached.IsNone ? "missing" : $"held at version {Cached}")}, the server has it "
                + $"{(Listed.IsNone ? "no longer" : $"at {Listed}")}, and the watch has told of neither",
            _ => $"{Key} is held at version {Cached} with other content than the server has at that version",
        };
}
