using Vigia.Catalog;

namespace Vigia.Live.Rights;

/// <summary>Rights that need no access control.</summary>
public static class ViewRights
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>Everything may be seen.</summary>
    public static IViewRights Everything { get; } = new Unlimited();

    private sealed class Unlimited : IViewRights
    {
        public bool IsEverything => true;

        public Task NextChange => Never;

        public bool Allows(string cluster, ResourceEntry entry, string ns) => true;

        public string Fingerprint(string cluster, ResourceEntry entry) => "";

        public Task PrepareAsync(string cluster, ResourceEntry entry, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
