using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Differences;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Subscriptions;

/// <summary>
/// Writes a change as one line of JSON, once per delta and shape: all streams that need the same bytes share them.
/// </summary>
/// <remarks>
/// Pipeline step 7 (docs/architecture.md). The event's name is outside the line, so the line serves clients for which
/// the object is new and those for which it changed.
/// </remarks>
internal static class ChangeEncoder
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The line for a delta of the log.</summary>
    public static ReadOnlyMemory<byte> Encode(string cluster, ResourceEntry entry, Delta delta, ChangeShape shape)
    {
        // A folded delta was made for one subscriber; the others share.
        if (delta.Encoding is not Lines lines || lines.Entry != entry)
        {
            delta.Encoding = lines = new Lines(entry);
        }

        return lines[shape] ??= Write(
            cluster,
            entry,
            delta.Object,
            delta.Kind == DeltaKind.Updated ? delta.Old : null,
            delta.ReceivedAt,
            IsFolded(delta),
            shape
        );
    }

    /// <summary>
    /// The line for a delta in a ready-made stream: with the kind of change and the stream's own members in front.
    /// </summary>
    public static ReadOnlyMemory<byte> Encode(
        string cluster,
        ResourceEntry entry,
        Delta delta,
        ChangeShape shape,
        PresetStream preset,
        DeltaKind kind
    )
    {
        if (delta.Encoding is not Lines lines || lines.Entry != entry)
        {
            delta.Encoding = lines = new Lines(entry);
        }

        return lines.Presets.GetOrAdd(
            (preset, kind, shape),
            key =>
                Write(
                    cluster,
                    entry,
                    delta.Object,
                    delta.Kind == DeltaKind.Updated ? delta.Old : null,
                    delta.ReceivedAt,
                    IsFolded(delta),
                    key.Shape,
                    key.Preset,
                    key.Kind
                )
        );
    }

    /// <summary>The line for an object of a snapshot, or of one that goes as a whole.</summary>
    public static byte[] Encode(
        string cluster,
        ResourceEntry entry,
        RawObject o,
        DateTimeOffset at,
        ChangeShape shape,
        PresetStream? preset = null,
        DeltaKind kind = DeltaKind.Added
    ) => Write(cluster, entry, o, null, at, false, shape, preset, kind);

    /// <summary>The line for an object that its reader may no longer see: its name, and no contents.</summary>
    public static byte[] EncodeForbidden(string cluster, ResourceEntry entry, RawObject o, DateTimeOffset at)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteIdentity(json, cluster, entry, o, at);
            json.WriteString("reason"u8, "access"u8);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Steps before it were left out, or may have been: a change found by a list is the outcome of a time without a
    /// watch.
    /// </summary>
    private static bool IsFolded(Delta delta) => delta.IsFolded || delta.IsFromRelist;

    private static void WriteIdentity(Utf8JsonWriter json, string cluster, ResourceEntry entry, RawObject o, DateTimeOffset at)
    {
        json.WriteString("cluster"u8, cluster);
        json.WriteString("resource"u8, entry.Name);
        json.WriteString("namespace"u8, o.Namespace);
        json.WriteString("name"u8, o.Name);
        json.WriteString("uid"u8, o.Uid);
        json.WriteString("resourceVersion"u8, o.ResourceVersion.ToString());
        json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
    }

    private static byte[] Write(
        string cluster,
        ResourceEntry entry,
        RawObject o,
        RawObject? old,
        DateTimeOffset at,
        bool folded,
        ChangeShape shape,
        PresetStream? preset = null,
        DeltaKind kind = DeltaKind.Added
    )
    {
        var buffer = new ArrayBufferWriter<byte>(shape == ChangeShape.Full ? o.Length + 1024 : 1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            if (preset is not null)
            {
                WritePreset(json, preset, kind, o);
            }

            WriteIdentity(json, cluster, entry, o, at);
            if (o.LastChange is { } by)
            {
                json.WriteString("by"u8, by.Manager);
            }

            json.WritePropertyName("row"u8);
            entry.RowOf(o).WriteJson(json);
            if (shape == ChangeShape.Diff && old is not null)
            {
                json.WritePropertyName("changes"u8);
                ObjectDiff.Write(json, old, o);
            }

            if (shape == ChangeShape.Full)
            {
                using var body = o.Open();
                json.WritePropertyName("object"u8);
                WriteOnOneLine(json, body.Span);
            }

            if (folded)
            {
                json.WriteBoolean("folded"u8, true);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The kind of change and the preset's fields; <c>namespace</c> is in every line already. A field that is a number
    /// in the object is one here.
    /// </summary>
    private static void WritePreset(Utf8JsonWriter json, PresetStream preset, DeltaKind kind, RawObject o)
    {
        json.WriteString(
            "kind"u8,
            kind switch
            {
                DeltaKind.Added => "added"u8,
                DeltaKind.Updated => "updated"u8,
                _ => "deleted"u8,
            }
        );
        using var body = o.Open();
        foreach (var (name, path) in preset.Fields)
        {
            if (name is "namespace" or "name")
            {
                continue;
            }

            var text = path.ReadText(body.Span);
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            {
                json.WriteNumber(name, number);
            }
            else
            {
                json.WriteString(name, text);
            }
        }
    }

    /// <summary>
    /// An API server sends compact JSON; another server's JSON must not break the line. Line ends within strings are
    /// escaped, so the replaced ones are white space.
    /// </summary>
    private static void WriteOnOneLine(Utf8JsonWriter json, ReadOnlySpan<byte> body)
    {
        if (body.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            json.WriteRawValue(body, skipInputValidation: true);
            return;
        }

        var line = body.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        json.WriteRawValue(line, skipInputValidation: true);
    }

    private sealed class Lines(ResourceEntry entry)
    {
        private readonly byte[]?[] _lines = new byte[3][];

        private ConcurrentDictionary<(PresetStream, DeltaKind, ChangeShape), byte[]>? _presets;

        public ResourceEntry Entry => entry;

        public ConcurrentDictionary<(PresetStream Preset, DeltaKind Kind, ChangeShape Shape), byte[]> Presets =>
            LazyInitializer.EnsureInitialized(ref _presets)!;

        public byte[]? this[ChangeShape shape]
        {
            get => _lines[(int)shape];
            set => _lines[(int)shape] = value;
        }
    }
}
