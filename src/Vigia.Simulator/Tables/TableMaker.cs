using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Tables;

/// <summary>
/// Server-side tables (<c>as=Table</c>), as kubectl prints them: written row by row, never held whole.
/// </summary>
internal sealed class TableMaker(TimeProvider time)
{
    /// <summary>Everything up to the first row.</summary>
    public static void Begin(Stream into, ApiRequest request, long revision, string? next, long? remaining, bool withColumns = true)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (next is not null)
        {
            metadata["continue"] = next;
        }

        if (remaining is not null)
        {
            metadata["remainingItemCount"] = remaining;
        }

        var head =
            $"{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/{request.Form.Version}\",\"metadata\":{metadata.ToJsonString()},"
            + $"\"columnDefinitions\":";
        into.Write(Answers.Utf8(head));
        into.Write(withColumns ? Answers.Bytes(TableColumns.For(request.Served).Definitions) : "null"u8);
        into.Write(",\"rows\":["u8);
    }

    /// <summary>One row.</summary>
    public void Row(Stream into, ApiRequest request, StoredObject item, bool first)
    {
        if (!first)
        {
            into.Write(","u8);
        }

        into.Write("{\"cells\":"u8);
        using (var writer = new Utf8JsonWriter(into, Json.Relaxed))
        {
            TableColumns.For(request.Served).WriteCells(writer, item, time.GetUtcNow());
        }

        switch (request.Query("includeObject"))
        {
            case "None":
                break;
            case "Object":
                into.Write(",\"object\":"u8);
                into.Write(item.Bytes);
                break;
            default:
                into.Write(",\"object\":"u8);
                into.Write(PartialMetadata.Of(item, request.Form.Version));
                break;
        }

        into.Write("}"u8);
    }

    /// <summary>Everything after the last row.</summary>
    public static void End(Stream into) => into.Write("]}"u8);
}
