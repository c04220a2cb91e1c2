using System.Collections.Frozen;
using Vigia.Gateway.Clusters;

namespace Vigia.Gateway.Access;

/// <summary>Rights that are known without asking and do not change.</summary>
/// <param name="allows">Whether a namespace of a feed may be seen.</param>
/// <param name="isEverything">True where that is always so.</param>
internal sealed class FixedRights(Func<ResourceFeed, string, bool> allows, bool isEverything = false) : CallerRights
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    public override bool IsEverything => isEverything;

    public override Task NextChange => Never;

    public override IResourceRights For(ResourceFeed feed, AccessVerb verb) => new FeedRights(feed, allows, isEverything);

    public override ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken) => ValueTask.FromResult(allows(feed, ns));

    public override ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken) => ValueTask.FromResult(isEverything);

    private sealed class FeedRights(ResourceFeed feed, Func<ResourceFeed, string, bool> allows, bool isEverything) : IResourceRights, IDisposable
    {
        private readonly Lock _gate = new();
        private volatile ViewScope _scope = isEverything ? ViewScope.Everything : ViewScope.Nothing;

        public ViewScope Scope => _scope;

        public ValueTask PrepareAsync(IEnumerable<string> namespaces, CancellationToken cancellationToken)
        {
            foreach (var ns in namespaces)
            {
                Ask(ns);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask PrepareWholeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public void Ask(string ns)
        {
            if (_scope.Knows(ns))
            {
                return;
            }

            lock (_gate)
            {
                var scope = _scope;
                _scope = allows(feed, ns) ? scope with { Allowed = scope.Allowed.Append(ns).ToFrozenSet(StringComparer.Ordinal) } : scope with { Refused = scope.Refused.Append(ns).ToFrozenSet(StringComparer.Ordinal) };
            }
        }

        public IDisposable Follow() => this;

        public void Dispose()
        {
            // Nothing is asked, so nothing has to be stopped.
        }
    }
}
