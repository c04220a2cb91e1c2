using Vigia.Simulator.Errors;

namespace Vigia.Simulator.Serving;

/// <summary>What form of an answer a client asked for by its Accept header.</summary>
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

/// <summary>The form, and the version of its own API that the client wants (<c>v1</c>, <c>v1beta1</c>, <c>v2</c>).</summary>
internal readonly record struct Negotiation(AnswerForm Form, string Version)
{
    /// <summary>The first entry of the Accept header that can be served; protobuf and CBOR cannot.</summary>
    /// <exception cref="StatusException">406 where none can.</exception>
    public static Negotiation Read(string accept)
    {
        if (accept.Length == 0)
        {
            return new(AnswerForm.Objects, "");
        }

        foreach (var entry in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*" or "application/yaml"))
            {
                continue;
            }

            string shape = "", version = "";
            foreach (var part in parts.AsSpan(1))
            {
                shape = part.StartsWith("as=", StringComparison.Ordinal) ? part[3..] : shape;
                version = part.StartsWith("v=", StringComparison.Ordinal) ? part[2..] : version;
            }

            switch (shape)
            {
                case "":
                    return new(AnswerForm.Objects, "");
                case "Table":
                    return new(AnswerForm.Table, version.Length == 0 ? "v1" : version);
                case "PartialObjectMetadata" or "PartialObjectMetadataList":
                    return new(AnswerForm.Metadata, version.Length == 0 ? "v1" : version);
                case "APIGroupDiscoveryList":
                    return new(AnswerForm.Discovery, version);
            }
        }

        throw new StatusException(406, "NotAcceptable", "only the following media types are accepted: application/json, application/json;as=Table;g=meta.k8s.io;v=v1, application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    }
}
