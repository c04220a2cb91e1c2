using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.RawWatch;

/// <summary>In which form a client wants objects.</summary>
internal enum RawForm
{
    /// <summary>As they are.</summary>
    Object,

    /// <summary>As rows of a table (meta.k8s.io <c>Table</c>): what <c>kubectl get</c> prints.</summary>
    Table,

    /// <summary>Their metadata alone (meta.k8s.io <c>PartialObjectMetadata</c>).</summary>
    Metadata,
}

/// <summary>Reads the form out of <c>Accept</c>: the first that can be had.</summary>
internal static class RawForms
{
    /// <summary>The form; null where the client takes no JSON (only protobuf, say).</summary>
    public static RawForm? Of(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0)
        {
            return RawForm.Object;
        }

        foreach (var range in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = range.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
            {
                continue;
            }

            var kind = Array.Find(parts, part => part.StartsWith("as=", StringComparison.Ordinal))?[3..];
            switch (kind)
            {
                case null:
                    return RawForm.Object;
                case "Table":
                    return RawForm.Table;
                case "PartialObjectMetadata" or "PartialObjectMetadataList":
                    return RawForm.Metadata;
            }
        }

        return null;
    }
}
