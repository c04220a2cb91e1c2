using System.Globalization;

namespace Vigia.Simulator.Requests;

/// <summary>
/// The refusal of a future revision. Wording and codes are those of real servers (1.20 was observed; the older forms
/// are client-go's).
/// </summary>
internal static class TooLarge
{
    /// <summary>
    /// 504: not older than a revision that the watch cache has not seen. The real server waits 3 s for it first; this
    /// one does not.
    /// </summary>
    public static StatusException Of(TooLargeForm form, long asked, long current) =>
        new(
            504,
            "Timeout",
            string.Create(CultureInfo.InvariantCulture, $"Timeout: Too large resource version: {asked}, current: {current}")
        )
        {
            RetryAfterSeconds = 1,
            Causes = form switch
            {
                TooLargeForm.CauseType => [new StatusCause("ResourceVersionTooLarge", "Too large resource version")],
                TooLargeForm.CauseMessage => [new StatusCause("", "Too large resource version")],
                _ => [],
            },
        };

    /// <summary>
    /// 500: etcd's own words for exactly a revision that does not exist yet, as in a list or a continue token after a
    /// restore.
    /// </summary>
    public static StatusException Future() => new(500, "", "etcdserver: mvcc: required revision is a future revision");

    /// <summary>
    /// 500: etcd's own words for exactly a revision that is compacted, which old servers pass on where one object is
    /// read.
    /// </summary>
    public static StatusException Compacted() => new(500, "", "etcdserver: mvcc: required revision has been compacted");
}
