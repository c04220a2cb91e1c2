using Vigia.Gateway.Clusters;

namespace Vigia.Gateway.Access;

/// <summary>What one caller may see, of every resource of every cluster.</summary>
/// <remarks><b>Guarantees.</b> Safe on any thread; shared by all requests and streams of a caller.</remarks>
public interface IViewRights
{
    /// <summary>True where the caller sees everything and always will: nothing needs to be checked.</summary>
    bool IsEverything { get; }

    /// <summary>The rights on a resource of a cluster. Nothing is asked before <see cref="IResourceRights.PrepareAsync"/>.</summary>
    IResourceRights For(ResourceFeed feed, AccessVerb verb);

    /// <summary>Whether the caller may get one object: by name where neither the cluster nor the namespace allow it as a whole.</summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken);

    /// <summary>Whether the caller may read a path that belongs to no resource, as <c>/metrics</c>: any cluster that says so is enough.</summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken);
}
