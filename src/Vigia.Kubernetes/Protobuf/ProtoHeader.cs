using System.Text;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Kubernetes.Protobuf;

/// <summary>
/// Reads an object's header from its <c>ObjectMeta</c> in protobuf: what <see cref="HeaderScanner"/> is for JSON, with
/// the same sharing. Not thread-safe.
/// </summary>
internal sealed class ProtoHeader
{
    private const int MostShared = 4096;
    private const int LabelsField = 11;
    private const int OwnersField = 13;

    private readonly StringCache _strings = new();
    private readonly InternTable<LabelSet> _labels = new(MostShared, Says);
    private readonly InternTable<OwnersOf> _owners = new(MostShared, static (owners, raw) => raw.SequenceEqual(owners.Raw));
    private readonly List<ChangeAuthor> _authors = [];

    /// <summary>One string for equal bytes.</summary>
    /// <remarks>The cache reads JSON: here a backslash is a backslash.</remarks>
    public string Shared(ReadOnlySpan<byte> text) => text.Contains((byte)'\\') ? Encoding.UTF8.GetString(text) : _strings.Get(text);

    /// <summary>Reads it.</summary>
    /// <exception cref="ObjectFormatException">Not protobuf.</exception>
    public void Read(ReadOnlySpan<byte> metadata, ref ObjectHeader header)
    {
        var reader = new ProtoReader(metadata);
        var labels = (Start: 0, End: 0);
        var owners = (Start: 0, End: 0);
        for (var before = 0; reader.Next(); before = reader.At)
        {
            switch (reader.Number)
            {
                case 1:
                    header.Name = Encoding.UTF8.GetString(reader.Text);
                    break;
                case 3:
                    header.Namespace = Shared(reader.Text);
                    break;
                case 5:
                    header.Uid = Uid(reader.Text);
                    break;
                case 6:
                    header.ResourceVersion = ResourceVersion.Parse(reader.Text);
                    break;
                case 7:
                    header.Generation = (long)reader.Value;
                    break;
                case 8:
                    header.CreationTimestamp = Time(reader.Text);
                    break;
                case 9:
                    header.DeletionTimestamp = Time(reader.Text);
                    break;
                case LabelsField:
                    labels = (labels.End == 0 ? before : labels.Start, reader.At);
                    break;
                case OwnersField:
                    owners = (owners.End == 0 ? before : owners.Start, reader.At);
                    break;
                case 17:
                    LastChange(reader.Text, ref header);
                    break;
            }
        }

        header.Labels = labels.End == 0 ? LabelSet.Empty : Labels(metadata[labels.Start..labels.End]);
        header.Owners = owners.End == 0 ? [] : Owners(metadata[owners.Start..owners.End]);
    }

    private LabelSet Labels(ReadOnlySpan<byte> raw) => _labels.Find(raw) ?? _labels.Add(raw, ParseLabels(raw));

    private LabelSet ParseLabels(ReadOnlySpan<byte> raw)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        var reader = new ProtoReader(raw);
        while (reader.Next())
        {
            Stands(reader.Number, LabelsField);
            Entry(reader.Text, out var key, out var value);
            pairs.Add(new(Shared(key), Shared(value)));
        }

        return LabelSet.Create(pairs);
    }

    /// <summary>True if the bytes say these labels in this order, which is how the API server writes them.</summary>
    private static bool Says(LabelSet labels, ReadOnlySpan<byte> raw)
    {
        var reader = new ProtoReader(raw);
        for (var i = 0; i < labels.Count; i++)
        {
            if (!reader.Next() || reader.Number != LabelsField)
            {
                return false;
            }

            var (key, value) = labels[i];
            Entry(reader.Text, out var keyRead, out var valueRead);
            if (!Ascii.Equals(keyRead, key) || !Ascii.Equals(valueRead, value))
            {
                return false;
            }
        }

        return !reader.Next();
    }

    private static void Entry(ReadOnlySpan<byte> entry, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = value = default;
        var reader = new ProtoReader(entry);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                key = reader.Text;
            }
            else
            {
                value = reader.Text;
            }
        }
    }

    private OwnerReference[] Owners(ReadOnlySpan<byte> raw) =>
        (_owners.Find(raw) ?? _owners.Add(raw, new OwnersOf(raw.ToArray(), ParseOwners(raw)))).Owners;

    private OwnerReference[] ParseOwners(ReadOnlySpan<byte> raw)
    {
        var owners = new List<OwnerReference>();
        var reader = new ProtoReader(raw);
        while (reader.Next())
        {
            Stands(reader.Number, OwnersField);
            var (kind, name, uid, apiVersion, controller) = ("", "", "", "", false);
            var entry = new ProtoReader(reader.Text);
            while (entry.Next())
            {
                switch (entry.Number)
                {
                    case 1:
                        kind = Shared(entry.Text);
                        break;
                    case 3:
                        name = Shared(entry.Text);
                        break;
                    case 4:
                        uid = Shared(entry.Text);
                        break;
                    case 5:
                        apiVersion = Shared(entry.Text);
                        break;
                    case 6:
                        controller = entry.Value != 0;
                        break;
                }
            }

            owners.Add(new(apiVersion, kind, name, uid, controller));
        }

        return [.. owners];
    }

    /// <summary>Others between two elements of one list: protobuf allows it, Go does not write it.</summary>
    private static void Stands(int number, int expected)
    {
        if (number != expected)
        {
            throw new SchemaGapException($"field {expected} of meta/v1.ObjectMeta occurs in two places");
        }
    }

    /// <summary>
    /// The latest by time; of equal times the later one, as in <see cref="HeaderScanner"/>. The fields themselves are
    /// skipped in one step.
    /// </summary>
    private void LastChange(ReadOnlySpan<byte> entry, ref ObjectHeader header)
    {
        ReadOnlySpan<byte> manager = default,
            operation = default,
            subresource = default;
        DateTimeOffset? time = null;
        var reader = new ProtoReader(entry);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    manager = reader.Text;
                    break;
                case 2:
                    operation = reader.Text;
                    break;
                case 4:
                    time = Time(reader.Text);
                    break;
                case 8:
                    subresource = reader.Text;
                    break;
            }
        }

        if (header.Author is null || (time ?? DateTimeOffset.MinValue) >= (header.ChangedAt ?? DateTimeOffset.MinValue))
        {
            (header.Author, header.ChangedAt) = (Author(manager, operation, subresource), time);
        }
    }

    private ChangeAuthor Author(ReadOnlySpan<byte> manager, ReadOnlySpan<byte> operation, ReadOnlySpan<byte> subresource)
    {
        foreach (var known in _authors)
        {
            if (
                Ascii.Equals(manager, known.Manager)
                && Ascii.Equals(operation, known.Operation)
                && Ascii.Equals(subresource, known.Subresource ?? "")
            )
            {
                return known;
            }
        }

        // Managers may be named by anybody: names that never repeat must not make this grow.
        if (_authors.Count >= 64)
        {
            _authors.Clear();
        }

        _authors.Add(new(Shared(manager), Shared(operation), subresource.IsEmpty ? null : Shared(subresource)));
        return _authors[^1];
    }

    private static ObjectUid Uid(ReadOnlySpan<byte> text) =>
        text.Contains((byte)'\\') ? ObjectUid.From(Guid.Empty, Encoding.UTF8.GetString(text)) : ObjectUid.Parse(text);

    private static DateTimeOffset? Time(ReadOnlySpan<byte> message) =>
        message.IsEmpty ? null : DateTimeOffset.FromUnixTimeSeconds(ProtoTranscoder.Timestamp(message).Seconds);

    /// <summary>Owners, and their protobuf.</summary>
    private sealed record OwnersOf(byte[] Raw, OwnerReference[] Owners);
}
