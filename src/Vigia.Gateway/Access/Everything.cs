using Vigia.Gateway.Clusters;

namespace Vigia.Gateway.Access;

/// <summary>All rights, for ever.</summary>
internal sealed class Everything : IViewRights, IResourceRights, IDisposable
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    public static Everything Rights { get; } = new();

    public bool IsEverything => true;

    public ViewScope Scope => ViewScope.Everything;

    public Task NextChange => Never;

    public IResourceRights For(ResourceFeed feed, AccessVerb verb) => this;

    public ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public ValueTask PrepareAsync(IEnumerable<string> namespaces, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Ask(string ns)
    {
    }

    public IDisposable Follow() => this;

    public void Dispose()
    {
    }
}
