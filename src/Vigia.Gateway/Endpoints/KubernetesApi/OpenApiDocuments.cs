using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// A cluster's OpenAPI documents (<c>/openapi/v2</c>, <c>/openapi/v3/…</c>), as the API server gives them: for
/// <c>kubectl explain</c>, diffs and editors.
/// </summary>
/// <remarks>
/// They are megabytes and change when definitions do: kept for <see cref="Age"/>, at most <see cref="MostBytes"/> of
/// them in all clusters together, and fetched a few at a time. One that is larger than <see cref="LargestDocument"/> is
/// refused. A caller sees them whom the cluster allows to get the path, as every known user is by default.
/// </remarks>
internal sealed class OpenApiDocuments(TimeProvider time) : IDisposable
{
    /// <summary>How long a document is kept.</summary>
    internal static readonly TimeSpan Age = TimeSpan.FromMinutes(5);

    /// <summary>The largest document that is passed on.</summary>
    internal const int LargestDocument = 32 << 20;

    /// <summary>How many bytes of documents are kept.</summary>
    internal const long MostBytes = 64L << 20;

    private const int MostParts = 5;

    private readonly ConcurrentDictionary<(KubernetesClient Client, string Path, string Accept), Document> _kept = new();
    private readonly SemaphoreSlim _fetching = new(2, 2);

    /// <summary>Bytes kept now.</summary>
    internal long Bytes => _kept.Values.Sum(document => (long)document.Body.Length);

    /// <summary>Answers a request for a document.</summary>
    /// <exception cref="StatusRefusal">The cluster has no such document, or is unavailable.</exception>
    /// <exception cref="AccessDeniedException">The caller may not see it.</exception>
    public async Task WriteAsync(HttpContext context, ClusterSession session, string[] parts)
    {
        var path = "/" + string.Join('/', parts.Select(Uri.EscapeDataString));
        if (
            parts.Length > MostParts
            || (parts is ["openapi", "v3", _, ..] && parts[2] is not ("api" or "apis" or "version" or "logs" or ".well-known"))
        )
        {
            throw new StatusRefusal(StatusAnswer.NoSuchPath);
        }

        var caller = context.Caller();
        if (!caller.Rights.IsEverything && !await caller.Rights.MayReadAsync(path, context.RequestAborted))
        {
            throw new AccessDeniedException(
                $"user {caller.Name} may not get {path}; ask for a cluster role with the verb get on the nonResourceURL {path}"
            );
        }

        var client =
            session.Source.Client
            ?? throw new StatusRefusal(new StatusAnswer(503, "ServiceUnavailable", session.Problem ?? $"{session.Name} is unavailable", 2));
        var document = await GetAsync(client, session.Name, path, Accept(context.Request), context.RequestAborted);
        context.Response.ContentType = document.ContentType;
        context.Response.ContentLength = document.Body.Length;
        context.Response.Headers.Vary = "Accept";
        context.Response.Headers.CacheControl = "no-cache, private";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(document.Body, context.RequestAborted);
        }
    }

    public void Dispose() => _fetching.Dispose();

    private async Task<Document> GetAsync(
        KubernetesClient client,
        string cluster,
        string path,
        string accept,
        CancellationToken cancellationToken
    )
    {
        var key = (client, path, accept);
        if (Held(key) is { } held)
        {
            return held;
        }

        await _fetching.WaitAsync(cancellationToken);
        try
        {
            if (Held(key) is { } fetched)
            {
                return fetched;
            }

            var document = await FetchAsync(client, path, accept, cancellationToken);
            Keep(key, document);
            return document;
        }
        catch (KubernetesApiException refused)
        {
            throw new StatusRefusal(
                refused.Code == 404
                    ? StatusAnswer.NoSuchPath
                    : new StatusAnswer(
                        refused.Code is >= 400 and < 500 ? 403 : 503,
                        refused.Code is >= 400 and < 500 ? "Forbidden" : "ServiceUnavailable",
                        $"{cluster} refuses {path}: {refused.Message}"
                    )
            );
        }
        catch (Exception failed) when (failed is KubernetesConnectionException or CredentialException or IOException)
        {
            throw new StatusRefusal(
                new StatusAnswer(503, "ServiceUnavailable", $"{path} of {cluster} is not available: {failed.Message}", 2)
            );
        }
        finally
        {
            _fetching.Release();
        }
    }

    private Document? Held((KubernetesClient, string, string) key) =>
        _kept.TryGetValue(key, out var document) && time.GetElapsedTime(document.At) < Age ? document : null;

    private async Task<Document> FetchAsync(KubernetesClient client, string path, string accept, CancellationToken cancellationToken)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, path, accept, ct: cancellationToken);
        if (answer.Content.Headers.ContentLength > LargestDocument)
        {
            throw TooLarge(path);
        }

        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var buffer = new MemoryStream();
        var part = new byte[64 * 1024];
        while (await body.ReadAsync(part, cancellationToken) is var read and > 0)
        {
            if (buffer.Length + read > LargestDocument)
            {
                throw TooLarge(path);
            }

            buffer.Write(part.AsSpan(0, read));
        }

        return new(answer.Content.Headers.ContentType?.ToString() ?? "application/json", buffer.ToArray(), time.GetTimestamp());
    }

    private void Keep((KubernetesClient, string, string) key, Document document)
    {
        // The oldest make room; aged ones, and those of clients whose credentials or cluster are gone, go first since
        // they are not renewed.
        var bytes = Bytes + document.Body.Length;
        foreach (var (old, kept) in _kept.OrderBy(pair => pair.Value.At).ToArray())
        {
            if (bytes <= MostBytes && time.GetElapsedTime(kept.At) < Age)
            {
                break;
            }

            if (_kept.TryRemove(old, out var gone))
            {
                bytes -= gone.Body.Length;
            }
        }

        _kept[key] = document;
    }

    /// <summary>
    /// One of the three formats of servers: the client's preferred one, so that clients share cached documents.
    /// </summary>
    private static string Accept(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        return accept.Contains("openapi.spec.v2@v1.0+protobuf", StringComparison.Ordinal)
                ? "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
            : accept.Contains("openapi.spec.v3@v1.0+protobuf", StringComparison.Ordinal)
            && !accept.StartsWith("application/json", StringComparison.Ordinal)
                ? "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
            : "application/json";
    }

    private static StatusRefusal TooLarge(string path) =>
        new(new StatusAnswer(503, "ServiceUnavailable", $"{path} is larger than {LargestDocument >> 20} MiB; use the API server itself"));

    private sealed record Document(string ContentType, byte[] Body, long At);
}
