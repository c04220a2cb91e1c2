using System.Collections.Frozen;
using Vigia.Informers;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Access;

/// <summary>Rights that are known without asking and do not change.</summary>
/// <param name="allows">Whether a namespace of a feed may be seen.</param>
/// <param name="isEverything">True if that is always so.</param>
/// <param name="fingerprint">Equal for equal rights.</param>
internal sealed class FixedRights(Func<ResourceFeed, string, bool> allows, bool isEverything = false, string fingerprint = "")
    : CallerRights
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    public override bool IsEverything => isEverything;

    public override Task NextChange => Never;

    public override IResourceRights For(ResourceFeed feed, AccessVerb verb) => new FeedRights(feed, allows, isEverything, fingerprint);

    public override ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(allows(feed, ns));

    public override ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken) => ValueTask.FromResult(isEverything);

    /// <summary>No rights.</summary>
    public static CallerRights Nothing { get; } = new FixedRights(static (_, _) => false);

    private sealed class FeedRights(ResourceFeed feed, Func<ResourceFeed, string, bool> allows, bool isEverything, string fingerprint)
        : IResourceRights,
            IDisposable
    {
        private readonly Lock _gate = new();
        private volatile ViewScope _scope = isEverything ? ViewScope.Everything : ViewScope.Nothing;

        public ViewScope Scope => _scope;

        public ValueTask PrepareAsync(IReadOnlyCollection<string>? named, CancellationToken cancellationToken)
        {
            Learn(named ?? (IEnumerable<string>)(feed.Informer?.Store is { } store ? store.IndexValues(Store.NamespaceIndex) : []));
            return ValueTask.CompletedTask;
        }

        public ValueTask PrepareWholeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public string Fingerprint(IReadOnlyCollection<string>? named) => isEverything ? "*" : fingerprint;

        public bool IsGone(string ns) => false;

        public void Ask(string ns)
        {
            if (!_scope.Knows(ns))
            {
                Learn([ns]);
            }
        }

        public IDisposable Follow() => this;

        public void Dispose()
        {
            // There are no reviews, so nothing has to be stopped.
        }

        // All names at once: a set per name would cost the square of their number.
        private void Learn(IEnumerable<string> namespaces)
        {
            lock (_gate)
            {
                var scope = _scope;
                var unknown = namespaces.Where(ns => !scope.Knows(ns)).ToHashSet(StringComparer.Ordinal).ToLookup(ns => allows(feed, ns));
                if (unknown.Count > 0)
                {
                    _scope = scope with
                    {
                        Allowed = scope.Allowed.Concat(unknown[true]).ToFrozenSet(StringComparer.Ordinal),
                        Refused = scope.Refused.Concat(unknown[false]).ToFrozenSet(StringComparer.Ordinal),
                    };
                }
            }
        }
    }
}
