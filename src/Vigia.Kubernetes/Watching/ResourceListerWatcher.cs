using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Kubernetes.Protobuf;
using Vigia.Kubernetes.Watching;

namespace Vigia.Kubernetes;

/// <summary>Lists and watches one resource of one cluster over HTTP.</summary>
/// <remarks><b>Guarantees.</b> Thread-safe; has no connection of its own; does not own the client.</remarks>
public sealed class ResourceListerWatcher : IListerWatcher
{
    private readonly KubernetesClient _client;
    private readonly ListerWatcherOptions _options;
    private readonly TimeProvider _time;
    private readonly string _path;
    private readonly TemplateTable _templates = new();
    private readonly EncodingChoice _encoding;
    private ObjectDecoder? _idle;
    private ProtoObjectDecoder? _idleProto;

    /// <summary>Creates a lister-watcher.</summary>
    /// <param name="client">The client, for one cluster and identity.</param>
    /// <param name="cluster">The cluster's name, for messages.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="options">Namespace, selectors and limits.</param>
    /// <param name="time">The clock for timeouts.</param>
    public ResourceListerWatcher(
        KubernetesClient client,
        string cluster,
        GroupVersionResource resource,
        ListerWatcherOptions? options = null,
        TimeProvider? time = null
    )
    {
        _client = client;
        Cluster = cluster;
        Resource = resource;
        _options = options ?? new ListerWatcherOptions();
        _time = time ?? TimeProvider.System;
        _path = resource.Path(_options.Namespace);
        _encoding = new EncodingChoice(
            cluster,
            resource,
            _options,
            neverProtobuf: IsSecret,
            client.Loggers.CreateLogger<ResourceListerWatcher>()
        );
    }

    /// <inheritdoc/>
    public GroupVersionResource Resource { get; }

    /// <inheritdoc/>
    public string Cluster { get; }

    /// <summary>
    /// The encoding that is requested now: <see cref="WireEncoding.Protobuf"/> until the server sends an unknown field,
    /// or does not support it.
    /// </summary>
    public WireEncoding Encoding => _encoding.IsProtobuf ? WireEncoding.Protobuf : WireEncoding.Json;

    /// <summary>Objects with an unknown protobuf field; each was requested again in JSON.</summary>
    public long UnknownFields => _encoding.Gaps;

    /// <inheritdoc/>
    public async Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = Selectors();
        if (request.Limit > 0)
        {
            Add(query, "limit", request.Limit.ToString(CultureInfo.InvariantCulture));
        }

        if (request.Continue is { } token)
        {
            Add(query, "continue", token);
        }
        else
        {
            if (!request.ResourceVersion.IsNone)
            {
                Add(query, "resourceVersion", request.ResourceVersion.ToString());
            }

            if (request.Match is { } match)
            {
                Add(query, "resourceVersionMatch", match);
            }
        }

        while (true)
        {
            using var response = await SendAsync(query, isWatch: false, cancellationToken);
            await using var body = new IdleTimeoutStream(
                await response.Content.ReadAsStreamAsync(cancellationToken),
                _options.IdleTimeout,
                _time,
                $"{Cluster} {Resource.GroupResource}",
                cancellationToken
            );
            using var buffer = new BodyBuffer(body, _options.LargestObject, IsSecret);
            if (!EncodingChoice.IsAnswer(response.Content.Headers.ContentType))
            {
                return await ReadJsonAsync(buffer, sink, cancellationToken);
            }

            if (await ReadProtobufAsync(buffer, sink, cancellationToken) is { } page)
            {
                return page;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = Selectors(request.LabelSelector);
        Add(query, "watch", "true");
        Add(query, "allowWatchBookmarks", "true");
        Add(query, "timeoutSeconds", ((long)request.Timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        if (!request.ResourceVersion.IsNone)
        {
            Add(query, "resourceVersion", request.ResourceVersion.ToString());
        }

        if (request.SendInitialEvents)
        {
            Add(query, "sendInitialEvents", "true");
            Add(query, "resourceVersionMatch", "NotOlderThan");
        }

        // An idle watch has no byte to send: some servers and proxies hold back the headers until the first, so only
        // the caller's timeout applies.
        var response = await SendAsync(query, isWatch: true, cancellationToken);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return EncodingChoice.IsAnswer(response.Content.Headers.ContentType)
            ? new ProtoWatchStream(
                body,
                _options.LargestObject,
                TakeProtoDecoder(),
                response,
                _encoding.Undecodable,
                decoder => _idleProto = decoder
            )
            : new WatchStream(body, _options.LargestObject, response, TakeDecoder(), decoder => _idle = decoder, IsSecret);
    }

    /// <summary>
    /// Sends a request in the current encoding; falls back to JSON if the server does not support it.
    /// </summary>
    private async Task<HttpResponseMessage> SendAsync(StringBuilder query, bool isWatch, CancellationToken cancellationToken)
    {
        TimeSpan? timeout = isWatch ? Timeout.InfiniteTimeSpan : null;
        try
        {
            return await _client.SendAsync(
                HttpMethod.Get,
                _path + query,
                isWatch ? _encoding.ForWatch : _encoding.ForList,
                timeout,
                cancellationToken
            );
        }
        catch (KubernetesApiException refused) when (refused.Code is 406 or 415 && _encoding.IsProtobuf)
        {
            _encoding.Refused(refused.Message);
            return await _client.SendAsync(
                HttpMethod.Get,
                _path + query,
                isWatch ? _encoding.ForWatch : _encoding.ForList,
                timeout,
                cancellationToken
            );
        }
    }

    private async Task<ListPage> ReadJsonAsync(BodyBuffer buffer, IListSink sink, CancellationToken cancellationToken)
    {
        var decoder = TakeDecoder();
        try
        {
            return await Connection(new ListDecoder(decoder, sink).ReadAsync(buffer, cancellationToken), cancellationToken);
        }
        finally
        {
            _idle = decoder;
        }
    }

    /// <summary>Null if it has to be requested again, in JSON, and no item was read yet.</summary>
    private async Task<ListPage?> ReadProtobufAsync(BodyBuffer buffer, IListSink sink, CancellationToken cancellationToken)
    {
        var decoder = TakeProtoDecoder();
        var list = new ProtoListDecoder(decoder, sink);
        try
        {
            var page = await Connection(list.ReadAsync(buffer, cancellationToken), cancellationToken);
            _encoding.Succeeded();
            return page;
        }
        catch (SchemaGapException gap)
        {
            // A newer server's field is usually in the first object; if some were read already, the caller restarts its
            // list.
            _encoding.Undecodable(gap);
            return list.Count == 0
                ? null
                : throw new ObjectFormatException(
                    $"{gap.Message}; {list.Count} items were read before, so the list is restarted in JSON",
                    gap
                );
        }
        catch (ObjectFormatException garbled)
        {
            _encoding.Undecodable(garbled);
            throw;
        }
        finally
        {
            _idleProto = decoder;
        }
    }

    /// <summary>
    /// A list and the watch after it use one decoder, so that their objects share strings; two at once have one each.
    /// </summary>
    private ObjectDecoder TakeDecoder() =>
        Interlocked.Exchange(ref _idle, null) ?? new ObjectDecoder(_templates) { LeavesSecretsOut = IsSecret };

    /// <summary>Secrets whose values are not needed: nothing of them may stay in memory, not even in buffers.</summary>
    private bool IsSecret => _options.MetadataOnly && Resource is { Group: "", Resource: "secrets" };

    private ProtoObjectDecoder TakeProtoDecoder() => Interlocked.Exchange(ref _idleProto, null) ?? new ProtoObjectDecoder(_templates);

    /// <summary>
    /// Whatever the handler throws for a broken connection, the caller gets one kind of error, with host and resource.
    /// </summary>
    private async Task<T> Connection<T>(Task<T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work;
        }
        catch (Exception error)
            when (error is IOException or HttpRequestException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw new KubernetesConnectionException(
                $"the connection to {Cluster} broke during a list of {Resource.GroupResource}: {error.Message}",
                error
            );
        }
    }

    private StringBuilder Selectors(string? labelSelector = null)
    {
        var query = new StringBuilder();
        labelSelector ??= _options.LabelSelector;
        if (!string.IsNullOrEmpty(labelSelector))
        {
            Add(query, "labelSelector", labelSelector);
        }

        if (!string.IsNullOrEmpty(_options.FieldSelector))
        {
            Add(query, "fieldSelector", _options.FieldSelector);
        }

        return query;
    }

    private static void Add(StringBuilder query, string name, string value) =>
        query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
}
