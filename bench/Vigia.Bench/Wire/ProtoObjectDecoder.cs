using System.Text;
using System.Text.Unicode;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Objects.Packing;

namespace Vigia.Bench.Wire;

/// <summary>
/// Turns the protobuf of one object into what Vigia caches: header and JSON less managedFields. The counterpart of <see cref="ObjectDecoder"/>,
/// with the same sharing of strings, label sets and owners. Not thread-safe.
/// </summary>
internal sealed class ProtoObjectDecoder
{
    private const int Slots = 2048;

    private readonly StringCache _strings = new();
    private readonly (byte[] Raw, LabelSet Labels)[] _labels = new (byte[], LabelSet)[Slots];
    private readonly (byte[] Raw, OwnerReference[] Owners)[] _owners = new (byte[], OwnerReference[])[Slots];
    private readonly Dictionary<string, MessageTable> _tables = MessageTable.Load();
    private readonly JsonOut _json = new();
    private readonly ProtoTranscoder _transcoder;
    private readonly TemplateTable _templates = new();
    private readonly List<ChangeAuthor> _authors = [];
    private TypeMeta _typed = Vigia.Kubernetes.Objects.TypeMeta.Unknown;
    private MessageTable _table = null!;
    private byte[] _typeMeta = [];
    private (string Kind, string ApiVersion) _type;

    public ProtoObjectDecoder() => _transcoder = new(_json);

    /// <summary>Fields met that no table knows.</summary>
    public long Unknown => _transcoder.Unknown;

    /// <summary>Says of which type the objects are that follow.</summary>
    public void Of(string kind, string apiVersion)
    {
        if (_type != (kind, apiVersion))
        {
            _table = _tables[kind];
            _typeMeta = Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\"");
            _type = (kind, apiVersion);
            _typed = new(apiVersion, kind);
        }
    }

    /// <summary>Reads an object with its envelope: <c>k8s\0</c>, then runtime.Unknown.</summary>
    public RawObject DecodeEnvelope(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("k8s\0"u8))
        {
            throw new ObjectFormatException("not a Kubernetes object in protobuf: it does not begin with k8s and a zero");
        }

        var reader = new ProtoReader(bytes[4..]);
        var raw = ReadOnlySpan<byte>.Empty;
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                var (kind, apiVersion) = TypeMeta(reader.Bytes);
                Of(kind, apiVersion);
            }
            else if (reader.Number == 2)
            {
                raw = reader.Bytes;
            }
        }

        return Decode(raw);
    }

    /// <summary>Reads an object without its envelope.</summary>
    public RawObject Decode(ReadOnlySpan<byte> message)
    {
        var header = new ObjectHeader { Type = _typed, Kind = _type.Kind, ApiVersion = _type.ApiVersion };
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                Metadata(reader.Bytes, ref header);
                break;
            }
        }

        if (string.IsNullOrEmpty(header.Name))
        {
            throw new ObjectFormatException("not a Kubernetes object: it has no metadata.name");
        }

        _json.Clear();
        _json.Raw(_typeMeta);
        _transcoder.Members(message, _table);
        _json.Byte((byte)'}');
        var json = _json.Written;
        if (!Utf8.IsValid(json))
        {
            throw new ObjectFormatException("not a Kubernetes object: its bytes are not valid UTF-8");
        }

        var (kept, template) = _templates.Pack(json, header);
        return new RawObject(kept, template, json.Length, header);
    }

    /// <summary>Kind and apiVersion of an envelope.</summary>
    public (string Kind, string ApiVersion) TypeMeta(ReadOnlySpan<byte> message)
    {
        var (kind, apiVersion) = ("", "");
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                apiVersion = _strings.Get(reader.Bytes);
            }
            else if (reader.Number == 2)
            {
                kind = _strings.Get(reader.Bytes);
            }
        }

        return (kind, apiVersion);
    }

    private void Metadata(ReadOnlySpan<byte> metadata, ref ObjectHeader header)
    {
        var reader = new ProtoReader(metadata);
        var labels = (Start: 0, End: 0);
        var owners = (Start: 0, End: 0);
        for (var before = 0; reader.Next(); before = reader.At)
        {
            switch (reader.Number)
            {
                case 1:
                    header.Name = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 3:
                    header.Namespace = _strings.Get(reader.Bytes);
                    break;
                case 5:
                    header.Uid = ObjectUid.Parse(reader.Bytes);
                    break;
                case 6:
                    header.ResourceVersion = ResourceVersion.Parse(reader.Bytes);
                    break;
                case 7:
                    header.Generation = (long)reader.Value;
                    break;
                case 8:
                    header.CreationTimestamp = Time(reader.Bytes);
                    break;
                case 9:
                    header.DeletionTimestamp = Time(reader.Bytes);
                    break;
                case 11:
                    labels = (labels.End == 0 ? before : labels.Start, reader.At);
                    break;
                case 13:
                    owners = (owners.End == 0 ? before : owners.Start, reader.At);
                    break;
                case 17:
                    LastChangeOf(reader.Bytes, ref header);
                    break;
            }
        }

        header.Labels = labels.End == 0 ? LabelSet.Empty : Labels(metadata[labels.Start..labels.End]);
        header.Owners = owners.End == 0 ? [] : Owners(metadata[owners.Start..owners.End]);
    }

    private LabelSet Labels(ReadOnlySpan<byte> raw)
    {
        ref var slot = ref _labels[StringCache.Hash(raw) & (Slots - 1)];
        if (slot.Raw is null || !raw.SequenceEqual(slot.Raw))
        {
            var pairs = new List<KeyValuePair<string, string>>();
            var reader = new ProtoReader(raw);
            while (reader.Next())
            {
                var entry = new ProtoReader(reader.Bytes);
                var key = entry.Next() ? _strings.Get(entry.Bytes) : "";
                pairs.Add(new(key, entry.Next() ? _strings.Get(entry.Bytes) : ""));
            }

            slot = (raw.ToArray(), LabelSet.Create(pairs));
        }

        return slot.Labels;
    }

    private OwnerReference[] Owners(ReadOnlySpan<byte> raw)
    {
        ref var slot = ref _owners[StringCache.Hash(raw) & (Slots - 1)];
        if (slot.Raw is null || !raw.SequenceEqual(slot.Raw))
        {
            var owners = new List<OwnerReference>();
            var reader = new ProtoReader(raw);
            while (reader.Next())
            {
                var (kind, name, uid, apiVersion, controller) = ("", "", "", "", false);
                var entry = new ProtoReader(reader.Bytes);
                while (entry.Next())
                {
                    switch (entry.Number)
                    {
                        case 1:
                            kind = _strings.Get(entry.Bytes);
                            break;
                        case 3:
                            name = _strings.Get(entry.Bytes);
                            break;
                        case 4:
                            uid = _strings.Get(entry.Bytes);
                            break;
                        case 5:
                            apiVersion = _strings.Get(entry.Bytes);
                            break;
                        case 6:
                            controller = entry.Value != 0;
                            break;
                    }
                }

                owners.Add(new(apiVersion, kind, name, uid, controller));
            }

            slot = (raw.ToArray(), [.. owners]);
        }

        return slot.Owners;
    }

    /// <summary>The latest by time; of equal times the later one, as <see cref="ObjectDecoder"/> does. The fields themselves are one jump.</summary>
    private void LastChangeOf(ReadOnlySpan<byte> entry, ref ObjectHeader header)
    {
        var (manager, operation, subresource) = ("", "", (string?)null);
        DateTimeOffset? time = null;
        var reader = new ProtoReader(entry);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    manager = _strings.Get(reader.Bytes);
                    break;
                case 2:
                    operation = _strings.Get(reader.Bytes);
                    break;
                case 4:
                    time = Time(reader.Bytes);
                    break;
                case 8:
                    subresource = reader.Bytes.IsEmpty ? null : _strings.Get(reader.Bytes);
                    break;
            }
        }

        if (header.Author is null || (time ?? DateTimeOffset.MinValue) >= (header.ChangedAt ?? DateTimeOffset.MinValue))
        {
            (header.Author, header.ChangedAt) = (Author(manager, operation, subresource), time);
        }
    }

    private ChangeAuthor Author(string manager, string operation, string? subresource)
    {
        foreach (var known in _authors)
        {
            if (known.Manager == manager && known.Operation == operation && known.Subresource == subresource)
            {
                return known;
            }
        }

        _authors.Add(new(manager, operation, subresource));
        return _authors[^1];
    }

    private static DateTimeOffset? Time(ReadOnlySpan<byte> message)
        => message.IsEmpty ? null : DateTimeOffset.FromUnixTimeSeconds(ProtoTranscoder.Timestamp(message).Seconds);
}
