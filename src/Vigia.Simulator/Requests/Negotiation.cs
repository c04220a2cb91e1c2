namespace Vigia.Simulator.Requests;

/// <summary>The response format that a client requests by its Accept header.</summary>
internal enum AnswerForm
{
    /// <summary>The objects themselves.</summary>
    Objects,

    /// <summary><c>as=Table</c>.</summary>
    Table,

    /// <summary><c>as=PartialObjectMetadata</c> or <c>…List</c>.</summary>
    Metadata,

    /// <summary><c>as=APIGroupDiscoveryList</c>.</summary>
    Discovery,
}

/// <summary>
/// The form, whether it is to be protobuf, and the version of its own API that the client wants (<c>v1</c>,
/// <c>v1beta1</c>, <c>v2</c>).
/// </summary>
internal readonly record struct Negotiation(AnswerForm Form, string Version, bool IsProtobuf = false)
{
    /// <summary>The first entry of the Accept header that can be served; CBOR cannot.</summary>
    /// <param name="accept">The header.</param>
    /// <param name="protobufObjects">True if the objects themselves can be had in protobuf.</param>
    /// <param name="protobufMetadata">True if their metadata alone can.</param>
    /// <exception cref="StatusException">406 where none can.</exception>
    public static Negotiation Read(string accept, bool protobufObjects = false, bool protobufMetadata = false)
    {
        if (accept.Length == 0)
        {
            return new(AnswerForm.Objects, "");
        }

        foreach (var entry in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split(';', StringSplitOptions.TrimEntries);
            var isProtobuf = parts[0] == "application/vnd.kubernetes.protobuf" && protobufMetadata;
            if (!isProtobuf && parts[0] is not ("application/json" or "*/*" or "application/*" or "application/yaml"))
            {
                continue;
            }

            string shape = "",
                version = "";
            foreach (var part in parts.AsSpan(1))
            {
                shape = part.StartsWith("as=", StringComparison.Ordinal) ? part[3..] : shape;
                version = part.StartsWith("v=", StringComparison.Ordinal) ? part[2..] : version;
            }

            switch (shape)
            {
                case "" when !isProtobuf || protobufObjects:
                    return new(AnswerForm.Objects, "", isProtobuf);
                case "Table" when !isProtobuf:
                    return new(AnswerForm.Table, version.Length == 0 ? "v1" : version);
                case "PartialObjectMetadata" or "PartialObjectMetadataList":
                    return new(AnswerForm.Metadata, version.Length == 0 ? "v1" : version, isProtobuf);
                case "APIGroupDiscoveryList" when !isProtobuf:
                    return new(AnswerForm.Discovery, version);
            }
        }

        throw new StatusException(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json, application/json;as=Table;g=meta.k8s.io;v=v1, "
                + "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
        );
    }
}
