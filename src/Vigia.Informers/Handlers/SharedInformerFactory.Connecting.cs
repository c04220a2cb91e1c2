using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers;

// From a kubeconfig or a client to informers in one line.
public sealed partial class SharedInformerFactory
{
    private readonly bool _ownsClient;
    private readonly KubernetesClient? _client;

    /// <summary>Creates a factory of informers of the client's cluster.</summary>
    /// <param name="client">Lists and watches; not disposed here.</param>
    /// <param name="options">The options of every informer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logger factory of informers.</param>
    public SharedInformerFactory(
        KubernetesClient client,
        SharedInformerOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null
    )
        : this(
            (resource, selection) => new ResourceListerWatcher(client, client.Configuration.Context, resource, selection, time),
            options,
            time,
            loggers
        )
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
    }

    private SharedInformerFactory(ClusterConfiguration cluster, SharedInformerOptions? options, TimeProvider? time, ILoggerFactory? loggers)
        : this(new KubernetesClient(cluster, time: time, loggers: loggers), options, time, loggers) => _ownsClient = true;

    /// <summary>
    /// The client of a factory that was created from one or from a kubeconfig, for your own reads and writes.
    /// </summary>
    /// <exception cref="InvalidOperationException">The factory was created from sources and has none.</exception>
    public KubernetesClient Client =>
        _client
        ?? throw new InvalidOperationException(
            "this factory was created from sources, not from a client or a kubeconfig: it has no client"
        );

    /// <summary>
    /// Connects as kubectl would: the file that is named, else <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>, else the
    /// pod's service account. Nothing is sent before an informer starts.
    /// <code>await using var cluster = SharedInformerFactory.FromKubeconfig();</code>
    /// </summary>
    /// <param name="kubeconfigPath">A kubeconfig file; null for kubectl's other rules.</param>
    /// <param name="context">A context; null for the current one.</param>
    /// <param name="options">The options of every informer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logger factory of informers and their client.</param>
    /// <returns>A factory with a client of its own, which is disposed with it.</returns>
    /// <exception cref="KubeconfigException">
    /// No usable kubeconfig; the message says which file or context, and what to do.
    /// </exception>
    public static SharedInformerFactory FromKubeconfig(
        string? kubeconfigPath = null,
        string? context = null,
        SharedInformerOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null
    ) => new(KubeconfigLoader.Load(kubeconfigPath, context), options, time, loggers);

    /// <summary>
    /// The informer of a resource with metadata only (client-go's <c>metadatainformer</c>): some 0.4 KB an object,
    /// whatever its size.
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="ns">One namespace; null for all.</param>
    /// <exception cref="ObjectDisposedException">The factory was disposed.</exception>
    public SharedInformer ForMetadata(GroupVersionResource resource, string? ns = null) =>
        ForResource(resource, new ListerWatcherOptions { Namespace = ns, MetadataOnly = true });

    private ValueTask DisposeClientAsync() => _ownsClient ? Client.DisposeAsync() : ValueTask.CompletedTask;
}
