using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes.Transport;

namespace Vigia.Kubernetes;

/// <summary>
/// One cluster, one identity: sends requests with credentials, timeouts and retries, and turns refusals into exceptions
/// that name the refused request.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe; owns its connections and must be disposed of. Bodies are never buffered here: a
/// response is returned as soon as its headers have arrived. After a 401 the credential is fetched again, once.
/// </remarks>
public sealed partial class KubernetesClient : IAsyncDisposable
{
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60);

    /// <summary>A refusal is a sentence.</summary>
    private const int LongestRefusal = 1 << 20;

    /// <summary>Discovery of a large cluster is a few megabytes, an object at most a few.</summary>
    private const int LongestAnswer = 64 << 20;

    private const int MostClients = 4;

    private readonly KubernetesClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _renewing = new(1, 1);
    private readonly Queue<HttpClient> _clients = [];
    private readonly string _prefix;
    private readonly string? _host;
    private volatile Identity? _identity;
    private int _disposed;

    /// <summary>Creates a client; nothing is sent before the first request.</summary>
    public KubernetesClient(
        ClusterConfiguration configuration,
        KubernetesClientOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null
    )
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        _host = HttpHandlers.HostOf(configuration);
        _prefix = configuration.Server.AbsolutePath.TrimEnd('/');
        _options = options ?? new KubernetesClientOptions();
        _time = time ?? TimeProvider.System;
        Loggers = loggers ?? NullLoggerFactory.Instance;
        _logger = Loggers.CreateLogger<KubernetesClient>();
    }

    /// <summary>The logger factory for classes built on this client.</summary>
    internal ILoggerFactory Loggers { get; }

    /// <summary>Its server and user.</summary>
    public ClusterConfiguration Configuration { get; }

    /// <summary>
    /// Sends a request without a body; returns when the headers of a 2xx answer are there. The caller disposes the
    /// answer and reads its body.
    /// </summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="pathAndQuery">
    /// Begins with a slash; parts are escaped already. The server's own path (a proxy's prefix) is put in front.
    /// </param>
    /// <param name="accept">The Accept header; null for <c>application/json</c>.</param>
    /// <param name="timeout">
    /// To the headers; null for <see cref="KubernetesClientOptions.RequestTimeout"/>. Infinite marks a watch, which is
    /// not repeated.
    /// </param>
    /// <param name="ct">Ends the request.</param>
    /// <exception cref="KubernetesApiException">The server said no.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached or does not answer.</exception>
    /// <exception cref="CredentialException">The credential cannot be obtained.</exception>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string pathAndQuery,
        string? accept = null,
        TimeSpan? timeout = null,
        CancellationToken ct = default
    ) => SendAsync(method, pathAndQuery, null, accept, timeout, ct);

    /// <summary>Gets a whole body.</summary>
    public async Task<byte[]> GetBytesAsync(string pathAndQuery, string? accept = null, CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Get, pathAndQuery, accept, ct: ct);
        return await ReadAsync(response, LongestAnswer, cutsLonger: false, ct);
    }

    /// <summary>Sends a body and gets the answer's whole body. It is repeated after a 401 only.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="pathAndQuery">Begins with a slash.</param>
    /// <param name="json">The body.</param>
    /// <param name="contentType">Its type: <c>application/json</c>, or a patch type.</param>
    /// <param name="ct">Ends the request.</param>
    public async Task<byte[]> SendBytesAsync(
        HttpMethod method,
        string pathAndQuery,
        ReadOnlyMemory<byte> json,
        string contentType = "application/json",
        CancellationToken ct = default
    )
    {
        using var response = await SendAsync(method, pathAndQuery, Body, null, null, ct);
        return await ReadAsync(response, LongestAnswer, cutsLonger: false, ct);

        HttpContent Body()
        {
            var body = new ReadOnlyMemoryContent(json);
            body.Headers.ContentType = new MediaTypeHeaderValue(contentType);
            return body;
        }
    }

    /// <summary>Requests an upgrade to WebSocket, and returns the socket.</summary>
    /// <param name="pathAndQuery">Begins with a slash.</param>
    /// <param name="subprotocols">
    /// The offered subprotocols, the best first; the server chooses: see <see cref="WebSocket.SubProtocol"/>.
    /// </param>
    /// <param name="ct">Ends the attempt; the socket lives on.</param>
    /// <remarks>
    /// The handshake is made here and not by <see cref="ClientWebSocket"/>, which would discard the server's refusal.
    /// </remarks>
    /// <exception cref="KubernetesApiException">The server said no, in its own words.</exception>
    /// <exception cref="KubernetesConnectionException">
    /// The server cannot be reached, does not answer, or does not speak WebSocket here.
    /// </exception>
    /// <exception cref="CredentialException">The credential cannot be obtained.</exception>
    public async Task<WebSocket> ConnectWebSocketAsync(
        string pathAndQuery,
        IReadOnlyList<string> subprotocols,
        CancellationToken ct = default
    )
    {
        ArgumentNullException.ThrowIfNull(subprotocols);
        var renewed = false;
        while (true)
        {
            var identity = await IdentityAsync(ct);
            var handshake = new WebSocketHandshake(subprotocols);
            var response = await SendOnceAsync(identity, HttpMethod.Get, pathAndQuery, null, "*/*", _options.RequestTimeout, ct, handshake);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return await handshake.CompleteAsync(response, _options.KeepAlivePingDelay, _options.KeepAlivePingTimeout, ct)
                    ?? throw new KubernetesConnectionException(
                        $"{Configuration.Server.Authority} did not accept the WebSocket upgrade: is there a proxy without "
                            + $"WebSocket support in between? (context \"{Configuration.Context}\")"
                    );
            }

            if (response.IsSuccessStatusCode)
            {
                response.Dispose();
                throw new KubernetesConnectionException(
                    $"{Configuration.Server.Authority} does not support WebSocket for {pathAndQuery.Split('?')[0]}: it "
                        + $"answered {(int)response.StatusCode} (context \"{Configuration.Context}\")"
                );
            }

            var refused = await RefusalAsync(response, HttpMethod.Get, pathAndQuery, ct);
            if (!refused.IsUnauthorized || renewed)
            {
                throw refused;
            }

            renewed = true;
            LogUnauthorized(Configuration.Context, Configuration.User);
            await Configuration.Credentials.GetAsync(refresh: true, ct);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // Another caller may be creating another client right now.
        await _renewing.WaitAsync();
        foreach (var http in _clients)
        {
            http.Dispose();
        }

        _renewing.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string pathAndQuery,
        Func<HttpContent>? body,
        string? accept,
        TimeSpan? timeout,
        CancellationToken ct
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        var limit = timeout ?? _options.RequestTimeout;
        var repeatable = body is null && limit != Timeout.InfiniteTimeSpan;
        var renewed = false;
        for (var attempt = 0; ; attempt++)
        {
            var identity = await IdentityAsync(ct);
            var response = await SendOnceAsync(identity, method, pathAndQuery, body?.Invoke(), accept ?? "application/json", limit, ct);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            var refused = await RefusalAsync(response, method, pathAndQuery, ct);
            if (refused.IsUnauthorized && !renewed)
            {
                renewed = true;
                LogUnauthorized(Configuration.Context, Configuration.User);
                await Configuration.Credentials.GetAsync(refresh: true, ct);
                continue;
            }

            // If the server requests a longer wait than the caller has time, that is an error.
            if (
                !repeatable
                || !refused.IsTransient
                || refused.RetryAfter is not { } wait
                || wait > LongestRetryAfter
                || attempt >= _options.MaxRetries
            )
            {
                throw refused;
            }

            LogRetry(Configuration.Context, method.Method, refused.Path, refused.Code, wait.TotalSeconds);
            await Task.Delay(wait, _time, ct);
        }
    }

    /// <summary>
    /// Reads a whole body, decompressed, up to a bound: a server, or a proxy before it, must not be able to fill this
    /// process' memory.
    /// </summary>
    private async Task<byte[]> ReadAsync(HttpResponseMessage response, int longest, bool cutsLonger, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            var read = await BoundedBody.ReadAsync(body, longest, either.Token);
            return read.IsWhole || cutsLonger
                ? read.Bytes
                : throw new KubernetesConnectionException(
                    $"{Configuration.Server.Authority} sent a response of more than {longest >> 20} MiB, the limit "
                        + $"(context \"{Configuration.Context}\")"
                );
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw ConnectionErrors.Of(new TimeoutException(), Configuration);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw ConnectionErrors.Of(error, Configuration);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        Identity identity,
        HttpMethod method,
        string pathAndQuery,
        HttpContent? body,
        string accept,
        TimeSpan limit,
        CancellationToken ct,
        WebSocketHandshake? handshake = null
    )
    {
        // An upgrade needs HTTP/1.1: HTTP/2 has another mechanism, which API servers do not support.
        using var request = new HttpRequestMessage(method, _prefix + pathAndQuery)
        {
            Content = body,
            Version = handshake is null ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        handshake?.Ask(request.Headers);
        request.Headers.Host = _host;
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        if (identity.Credential.AuthorizationHeader is { } authorization)
        {
            if (Configuration.Server.Scheme == Uri.UriSchemeHttp && !HttpHandlers.IsLoopback(Configuration.Server))
            {
                throw new CredentialException(
                    $"the credentials of user \"{Configuration.User}\" would go to {Configuration.Server.Authority} unencrypted: use "
                        + $"https in the server of context \"{Configuration.Context}\", or remove the user from it"
                );
            }

            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (Configuration.ImpersonateUser is { } user)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", user);
            foreach (var group in Configuration.ImpersonateGroups)
            {
                request.Headers.TryAddWithoutValidation("Impersonate-Group", group);
            }

            if (Configuration.ImpersonateUid is { } uid)
            {
                request.Headers.TryAddWithoutValidation("Impersonate-Uid", uid);
            }

            // The key is part of the header's name, percent-encoded (client-go transport/round_trippers.go,
            // headerKeyEscape).
            foreach (var (key, values) in Configuration.ImpersonateExtra)
            {
                foreach (var value in values)
                {
                    request.Headers.TryAddWithoutValidation($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
                }
            }
        }

        using var late = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            return await identity.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw ConnectionErrors.Of(new TimeoutException(), Configuration);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            throw ConnectionErrors.Of(error, Configuration, identity.Credential.ClientCertificate);
        }
    }

    private async Task<KubernetesApiException> RefusalAsync(
        HttpResponseMessage response,
        HttpMethod method,
        string pathAndQuery,
        CancellationToken ct
    )
    {
        using (response)
        {
            var code = (int)response.StatusCode;
            var status = KubernetesStatus.Parse(await ReadAsync(response, LongestRefusal, cutsLonger: true, ct));
            var wait = response.Headers.RetryAfter?.Delta ?? status.RetryAfter;
            if (response.Headers.RetryAfter?.Date is { } date)
            {
                wait = date - _time.GetUtcNow();
            }

            wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait;

            var query = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
            var message = status.Message.Length > 0 ? status.Message : string.Create(CultureInfo.InvariantCulture, $"HTTP {code}");
            if (code == 401)
            {
                message =
                    $"{message}: the credentials of user \"{Configuration.User}\" (context "
                    + $"\"{Configuration.Context}\"{(Configuration.SourceFile is { } file ? $" in {file}" : "")}) were refused";
            }

            return new(
                status with
                {
                    Code = code,
                    Message = message,
                    RetryAfter = wait,
                },
                method.Method,
                query < 0 ? pathAndQuery : pathAndQuery[..query]
            );
        }
    }

    private async ValueTask<Identity> IdentityAsync(CancellationToken ct)
    {
        var current = _identity;
        var credential = await Configuration.Credentials.GetAsync(refresh: false, ct);
        if (current is not null && Equals(current.Credential.ClientCertificate, credential.ClientCertificate))
        {
            // Only the header changed: connections stay.
            return ReferenceEquals(current.Credential, credential) ? current : new Identity(current.Http, credential);
        }

        await _renewing.WaitAsync(ct);
        try
        {
            if (_identity is { } made && Equals(made.Credential.ClientCertificate, credential.ClientCertificate))
            {
                return new Identity(made.Http, credential);
            }

            // Another client certificate needs other connections; streams on the old ones run on until they end.
            var http = new HttpClient(HttpHandlers.Create(Configuration, _options, credential))
            {
                BaseAddress = Configuration.Server,
                Timeout = Timeout.InfiniteTimeSpan,
            };
            _clients.Enqueue(http);
            if (_clients.Count > MostClients)
            {
                // Certificates that change each hour are 8,760 handlers a year. Reads from this one continue: only its
                // pool ends.
                _clients.Dequeue().Dispose();
            }

            return _identity = new Identity(http, credential);
        }
        finally
        {
            _renewing.Release();
        }
    }

    [LoggerMessage(1001, LogLevel.Warning, "{Cluster}: {Verb} {Path} answered {Code}; retrying in {Wait} s, as the server requested")]
    private partial void LogRetry(string cluster, string verb, string path, int code, double wait);

    [LoggerMessage(1002, LogLevel.Warning, "{Cluster}: the credentials of user {User} were refused; fetching new ones")]
    private partial void LogUnauthorized(string cluster, string? user);

    private sealed record Identity(HttpClient Http, Credential Credential);
}
