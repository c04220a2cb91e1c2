namespace Vigia.Kubernetes;

/// <summary>The API server said no. Classify by the properties, never by the message.</summary>
public sealed class KubernetesApiException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="status">The server's Status.</param>
    /// <param name="verb">The HTTP method, as <c>GET</c>.</param>
    /// <param name="path">The requested path, without its query.</param>
    public KubernetesApiException(KubernetesStatus status, string verb, string path)
        : base((status ?? throw new ArgumentNullException(nameof(status))).Message) => (Status, Verb, Path) = (status, verb, path);

    /// <summary>The server's Status.</summary>
    public KubernetesStatus Status { get; }

    /// <summary>The HTTP method.</summary>
    public string Verb { get; }

    /// <summary>The requested path.</summary>
    public string Path { get; }

    /// <summary>The HTTP status code.</summary>
    public int Code => Status.Code;

    /// <summary>The machine-readable reason.</summary>
    public string Reason => Status.Reason;

    /// <summary>The wait that the server requests; null if it requests none.</summary>
    public TimeSpan? RetryAfter => Status.RetryAfter;

    /// <summary>The requested revision is no longer kept.</summary>
    public bool IsExpired => Status.IsExpired;

    /// <summary>The requested revision is newer than the server's.</summary>
    public bool IsTooLargeResourceVersion => Status.IsTooLargeResourceVersion;

    /// <summary>429.</summary>
    public bool IsTooManyRequests => Code == 429;

    /// <summary>401.</summary>
    public bool IsUnauthorized => Code == 401;

    /// <summary>403.</summary>
    public bool IsForbidden => Code == 403;

    /// <summary>404.</summary>
    public bool IsNotFound => Code == 404;

    /// <summary>409.</summary>
    public bool IsConflict => Code == 409;

    /// <summary>
    /// True if the same request may succeed later: 429, 500, 502, 503, 504, but not what <see cref="IsExpired"/>
    /// says.
    /// </summary>
    public bool IsTransient => Code is 429 or 500 or 502 or 503 or 504 && !IsExpired;
}
