using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>Writes objects in the form that a client requested, from the cached bytes.</summary>
/// <param name="entry">The resource.</param>
/// <param name="version">The version in which the cluster's server gave it.</param>
/// <param name="form">The form, and the version of meta.k8s.io in which a client wants it.</param>
/// <param name="includeObject">
/// For tables: the form of the object in a row: <c>Metadata</c> (default), <c>Object</c> or <c>None</c>.
/// </param>
/// <param name="time">The clock that ages are printed by.</param>
internal sealed class RawWriter(ResourceEntry entry, GroupVersionResource version, RawForm form, string includeObject, TimeProvider time)
{
    private readonly string _meta = $"meta.k8s.io/{form.MetaVersion}";

    /// <summary>
    /// Writes a list, and sends it in parts: objects are shared, their bytes in an answer are not, and a client may
    /// take its time.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="state">The state that they are of.</param>
    /// <param name="next">The token of the rest; null if there is none.</param>
    /// <param name="remaining">The number of objects in the rest; null if it is not counted.</param>
    public async Task WriteListAsync(HttpContext context, IReadOnlyList<RawObject> objects, ListState state, string? next, int? remaining)
    {
        var output = context.Response.BodyWriter;
        var (kind, api) = form.Shape switch
        {
            RawShape.Table => ("Table", _meta),
            RawShape.Metadata => ("PartialObjectMetadataList", _meta),
            _ => ($"{entry.Kind}List", version.ApiVersion),
        };
        var rest = next is null ? "" : $",\"continue\":\"{next}\"";
        var count = remaining is null ? "" : string.Create(CultureInfo.InvariantCulture, $",\"remainingItemCount\":{remaining}");
        Write(
            output,
            $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{api}\",\"metadata\":{{\"resourceVersion\":\"{state.Revision}\"{rest}{count}}},"
        );
        if (form.Shape == RawShape.Table)
        {
            WriteColumns(output);
        }

        Write(output, form.Shape == RawShape.Table ? "\"rows\":[" : "\"items\":[");
        for (var i = 0; i < objects.Count; i++)
        {
            if (i > 0)
            {
                output.Write(","u8);
            }

            if (form.Shape == RawShape.Table)
            {
                WriteRow(output, objects[i], state.Versions.GetValueOrDefault(objects[i]));
            }
            else
            {
                WriteItem(output, objects[i], form.Shape, state.Versions.GetValueOrDefault(objects[i]));
            }

            if (output.UnflushedBytes >= AnswerPace.Part && !await AnswerPace.FlushAsync(context))
            {
                return;
            }
        }

        output.Write("]}"u8);
        await AnswerPace.FlushAsync(context);
    }

    /// <summary>Writes one object: of a get, or in a watch event, where a table's columns come once only.</summary>
    /// <param name="output">The output.</param>
    /// <param name="o">The object.</param>
    /// <param name="withColumns">For tables: whether the columns come with it.</param>
    /// <param name="revision">The resourceVersion to write in place of its own; null for its own.</param>
    public void WriteObject(IBufferWriter<byte> output, RawObject o, bool withColumns = true, string? revision = null)
    {
        if (form.Shape != RawShape.Table)
        {
            WriteItem(output, o, form.Shape, revision);
            return;
        }

        Write(
            output,
            $"{{\"kind\":\"Table\",\"apiVersion\":\"{_meta}\","
                + $"\"metadata\":{{\"resourceVersion\":\"{revision ?? o.ResourceVersion.ToString()}\"}},"
        );
        if (withColumns)
        {
            WriteColumns(output);
        }
        else
        {
            output.Write("\"columnDefinitions\":null,"u8);
        }

        output.Write("\"rows\":["u8);
        WriteRow(output, o, revision);
        output.Write("]}"u8);
    }

    /// <summary>Writes the object of a bookmark: its revision and nothing else.</summary>
    public void WriteBookmark(IBufferWriter<byte> output, string revision, bool endsInitialEvents)
    {
        var annotations = endsInitialEvents ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        var isMetadata = form.Shape == RawShape.Metadata;
        var bare =
            $"{{\"kind\":\"{(isMetadata ? "PartialObjectMetadata" : entry.Kind)}\","
            + $"\"apiVersion\":\"{(isMetadata ? _meta : version.ApiVersion)}\",\"metadata\":{{\"resourceVersion\":\"{revision}\","
            + $"\"creationTimestamp\":null{annotations}}}}}";
        Write(
            output,
            form.Shape == RawShape.Table
                ? $"{{\"kind\":\"Table\",\"apiVersion\":\"{_meta}\",\"metadata\":{{\"resourceVersion\":\"{revision}\"}},"
                    + $"\"columnDefinitions\":null,\"rows\":[{{\"cells\":[],\"object\":{bare}}}]}}"
                : bare
        );
    }

    private void WriteColumns(IBufferWriter<byte> output)
    {
        output.Write("\"columnDefinitions\":"u8);
        using (var json = new Utf8JsonWriter(output, JsonAnswer.Options))
        {
            json.WriteStartArray();
            foreach (var column in entry.Columns)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, CultureInfo.InvariantCulture.TextInfo.ToTitleCase(column.Name.ToLowerInvariant()));
                json.WriteString(
                    "type"u8,
                    column.Type switch
                    {
                        ColumnType.Number => "integer"u8,
                        ColumnType.Decimal => "number"u8,
                        _ => "string"u8,
                    }
                );
                json.WriteString("format"u8, column.Key == "name" ? "name"u8 : ""u8);
                json.WriteString("description"u8, column.Description);
                json.WriteNumber("priority"u8, column.IsWide ? 1 : 0);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        output.Write(","u8);
    }

    private void WriteRow(IBufferWriter<byte> output, RawObject o, string? revision)
    {
        var row = entry.RowOf(o);
        var now = time.GetUtcNow();
        output.Write("{\"cells\":"u8);
        using (var json = new Utf8JsonWriter(output, JsonAnswer.Options))
        {
            json.WriteStartArray();
            for (var i = 0; i < entry.Columns.Count; i++)
            {
                if (entry.Columns[i].Type == ColumnType.Number && row[i].Text is null)
                {
                    json.WriteNumberValue(row[i].Number);
                }
                else if (entry.Columns[i].Type == ColumnType.Decimal && row[i].Text is null)
                {
                    json.WriteNumberValue(row[i].Fraction);
                }
                else
                {
                    json.WriteStringValue(row.Text(i, now));
                }
            }

            json.WriteEndArray();
        }

        if (includeObject != "None")
        {
            output.Write(",\"object\":"u8);
            WriteItem(output, o, includeObject == "Object" ? RawShape.Object : RawShape.Metadata, revision);
        }

        output.Write("}"u8);
    }

    private void WriteItem(IBufferWriter<byte> output, RawObject o, RawShape shape, string? revision)
    {
        if (shape == RawShape.Object && revision is null && !entry.MetadataOnly)
        {
            o.CopyTo(output);
            return;
        }

        using var body = o.Open();
        var json = body.Span;
        var metadata = new JsonView(json)["metadata"u8];
        if (shape == RawShape.Object && !entry.MetadataOnly)
        {
            WriteAt(output, json, metadata, revision);
            return;
        }

        // A cached object with metadata only is a PartialObjectMetadata; a client that requests objects receives the
        // requested kind, without the rest.
        var (kind, api) = shape == RawShape.Object ? (entry.Kind, version.ApiVersion) : ("PartialObjectMetadata", _meta);
        Write(output, $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{api}\",\"metadata\":");
        WriteAt(output, metadata.Raw, metadata, revision);
        output.Write("}"u8);
    }

    /// <summary>
    /// Writes JSON with another resourceVersion, where one is given: bytes are copied, nothing is parsed.
    /// </summary>
    private static void WriteAt(IBufferWriter<byte> output, ReadOnlySpan<byte> json, JsonView metadata, string? revision)
    {
        var old = metadata["resourceVersion"u8].Raw;
        if (revision is null || old.IsEmpty || !json.Overlaps(old, out var at))
        {
            output.Write(json);
            return;
        }

        output.Write(json[..at]);
        Write(output, $"\"{revision}\"");
        output.Write(json[(at + old.Length)..]);
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
