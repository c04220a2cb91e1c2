using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>The shape in which a client wants objects.</summary>
internal enum RawShape
{
    /// <summary>Unchanged.</summary>
    Object,

    /// <summary>As rows of a table (meta.k8s.io <c>Table</c>): what <c>kubectl get</c> prints.</summary>
    Table,

    /// <summary>Their metadata alone (meta.k8s.io <c>PartialObjectMetadata</c>).</summary>
    Metadata,
}

/// <summary>The shape, and the version of meta.k8s.io in which it is wanted.</summary>
/// <param name="Shape">The shape.</param>
/// <param name="MetaVersion">
/// <c>v1</c>, or <c>v1beta1</c> for clients of Kubernetes before 1.15: the same members under another name.
/// </param>
internal readonly record struct RawForm(RawShape Shape, string MetaVersion)
{
    private static readonly RawForm AsObject = new(RawShape.Object, "v1");

    /// <summary>
    /// Reads the form out of <c>Accept</c>: the first that can be had; null if the client takes no JSON (only
    /// protobuf, say).
    /// </summary>
    public static RawForm? Of(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0)
        {
            return AsObject;
        }

        foreach (var range in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = range.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
            {
                continue;
            }

            var version = Parameter(parts, "v=") ?? "v1";
            var shape = Parameter(parts, "as=") switch
            {
                null => RawShape.Object,
                "Table" => RawShape.Table,
                "PartialObjectMetadata" or "PartialObjectMetadataList" => RawShape.Metadata,
                _ => (RawShape?)null,
            };
            if (shape == RawShape.Object)
            {
                return AsObject;
            }

            if (shape is { } found && version is "v1" or "v1beta1")
            {
                return new(found, version);
            }
        }

        return null;
    }

    private static string? Parameter(string[] parts, string name) =>
        Array.Find(parts, part => part.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
}
