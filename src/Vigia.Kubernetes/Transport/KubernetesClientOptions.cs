namespace Vigia.Kubernetes;

/// <summary>Whether compressed responses are requested.</summary>
public enum Compression
{
    /// <summary>
    /// On, except for a loopback address (there gzip costs seconds per 200 MB and saves nothing) and if the kubeconfig
    /// has <c>disable-compression</c>.
    /// </summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>How a client speaks to an API server.</summary>
public sealed class KubernetesClientOptions
{
    /// <summary>From a request to the headers of its answer. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>To a standing connection. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After so long without a frame an HTTP/2 connection is pinged, streams open or not. Default 10 s: with the
    /// timeout below a dead link is noticed within 30 s with room to spare; 15 and 15 took 29.9 s on a stopped server
    /// (client-go: 30 s and 15 s).
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a ping may take. Default 10 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>gzip.</summary>
    public Compression Compression { get; init; } = Compression.Auto;

    /// <summary>
    /// Retries of a request other than a watch after 429 or 5xx with Retry-After. Default 3 (client-go: 10).
    /// </summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>
    /// The User-Agent; the field manager of writes unless another is named. Default <c>vigia/VERSION</c>.
    /// </summary>
    public string UserAgent { get; init; } = $"vigia/{typeof(KubernetesClientOptions).Assembly.GetName().Version?.ToString(3)}";
}
