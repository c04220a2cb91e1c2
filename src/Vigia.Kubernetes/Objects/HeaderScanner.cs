using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Kubernetes.Objects;

/// <summary>
/// Finds the header of an object in its JSON: descends into <c>metadata</c>, steps over everything else.
/// </summary>
/// <remarks>Pipeline step 2 (docs/architecture.md). Not thread-safe; owned by an <see cref="ObjectDecoder"/>.</remarks>
internal sealed class HeaderScanner
{
    private const int MostShared = 4096;
    private const int AuthorSlots = 64;

    private readonly StringCache _strings = new();
    private readonly InternTable<LabelSet> _labels = new(MostShared, Says);
    private readonly InternTable<OwnersOf> _owners = new(MostShared, static (owners, json) => json.SequenceEqual(owners.Json));

    private readonly ChangeAuthor?[] _authors = new ChangeAuthor?[AuthorSlots];
    private TypeMeta _type = TypeMeta.Unknown;

    private delegate int Member(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, int nameAt, int valueAt, ref ObjectHeader header);

    /// <summary>Reads the header of the object that begins at <paramref name="start"/>.</summary>
    /// <returns>The index after the object.</returns>
    /// <exception cref="ObjectFormatException">Not a JSON object, or one cut short.</exception>
    public int Scan(ReadOnlySpan<byte> json, int start, out ObjectHeader header)
    {
        header = default;
        var end = Members(json, start, ref header, TopMember);
        if (header.Kind is not null || header.ApiVersion is not null)
        {
            header.Type = Type(header.ApiVersion ?? "", header.Kind ?? "");
        }

        return end;
    }

    /// <summary>One instance for all objects of a stream.</summary>
    public TypeMeta Type(string apiVersion, string kind) =>
        _type.Kind == kind && _type.ApiVersion == apiVersion ? _type : _type = new(apiVersion, kind);

    private int TopMember(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, int nameAt, int valueAt, ref ObjectHeader header)
    {
        if (name.SequenceEqual("metadata"u8) && json[valueAt] == (byte)'{')
        {
            return Members(json, valueAt, ref header, MetadataMember);
        }

        if (name.SequenceEqual("kind"u8))
        {
            return Text(json, valueAt, ref header.Kind, shared: true);
        }

        if (name.SequenceEqual("apiVersion"u8))
        {
            return Text(json, valueAt, ref header.ApiVersion, shared: true);
        }

        return Skip(json, valueAt);
    }

    private int MetadataMember(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, int nameAt, int valueAt, ref ObjectHeader header)
    {
        int end;
        switch (name.Length)
        {
            case 3 when name.SequenceEqual("uid"u8):
                end = Skip(json, valueAt);
                if (json[valueAt] == (byte)'"')
                {
                    header.Uid = ObjectUid.Parse(json[(valueAt + 1)..(end - 1)]);
                }

                return end;
            case 4 when name.SequenceEqual("name"u8):
                return Text(json, valueAt, ref header.Name, shared: false);
            case 6 when name.SequenceEqual("labels"u8):
                end = Skip(json, valueAt);
                header.Labels = Labels(json[valueAt..end]);
                return end;
            case 9 when name.SequenceEqual("namespace"u8):
                return Text(json, valueAt, ref header.Namespace, shared: true);
            case 10 when name.SequenceEqual("generation"u8):
                end = Skip(json, valueAt);
                header.Generation = Utf8Parser.TryParse(json[valueAt..end], out long generation, out _) ? generation : 0;
                return end;
            case 11 when name.SequenceEqual("annotations"u8):
                end = Skip(json, valueAt);
                header.Annotations = valueAt..end;
                return end;
            case 13 when name.SequenceEqual("managedFields"u8):
                end = Skip(json, valueAt);
                LastChange(json[valueAt..end], ref header);
                header.ManagedFields = nameAt..end;
                return end;
            case 15 when name.SequenceEqual("resourceVersion"u8):
                end = Skip(json, valueAt);
                if (json[valueAt] == (byte)'"')
                {
                    header.ResourceVersion = ResourceVersion.Parse(json[(valueAt + 1)..(end - 1)]);
                }

                return end;
            case 15 when name.SequenceEqual("ownerReferences"u8):
                end = Skip(json, valueAt);
                header.Owners = Owners(json[valueAt..end]);
                return end;
            case 17 when name.SequenceEqual("creationTimestamp"u8):
                return Time(json, valueAt, ref header.CreationTimestamp);
            case 17 when name.SequenceEqual("deletionTimestamp"u8):
                return Time(json, valueAt, ref header.DeletionTimestamp);
            default:
                return Skip(json, valueAt);
        }
    }

    /// <summary>Visits the members of the object at <paramref name="at"/>; returns the index after it.</summary>
    private static int Members(ReadOnlySpan<byte> json, int at, ref ObjectHeader header, Member visit)
    {
        if ((uint)at >= (uint)json.Length || json[at] != (byte)'{')
        {
            throw JsonScan.Malformed(json, at, "'{'");
        }

        at = JsonScan.SkipWhiteSpace(json, at + 1);
        if (at < json.Length && json[at] == (byte)'}')
        {
            return at + 1;
        }

        while (true)
        {
            var (nameAt, nameEnd, valueAt) = Name(json, at);
            at = JsonScan.SkipWhiteSpace(json, visit(json, json[(nameAt + 1)..(nameEnd - 1)], nameAt, valueAt, ref header));
            if (at >= json.Length || json[at] is not ((byte)',' or (byte)'}'))
            {
                throw JsonScan.Malformed(json, at, "',' or '}'");
            }

            if (json[at++] == (byte)'}')
            {
                return at;
            }

            at = JsonScan.SkipWhiteSpace(json, at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int NameAt, int NameEnd, int ValueAt) Name(ReadOnlySpan<byte> json, int at)
    {
        if ((uint)at >= (uint)json.Length || json[at] != (byte)'"')
        {
            throw JsonScan.Malformed(json, at, "a member's name");
        }

        var end = JsonScan.SkipString(json, at);
        if (end < 0)
        {
            throw JsonScan.Malformed(json, json.Length, "the end of a name");
        }

        var colon = JsonScan.SkipWhiteSpace(json, end);
        if (colon >= json.Length || json[colon] != (byte)':')
        {
            throw JsonScan.Malformed(json, colon, "':'");
        }

        var value = JsonScan.SkipWhiteSpace(json, colon + 1);
        return value < json.Length ? (at, end, value) : throw JsonScan.Malformed(json, value, "a value");
    }

    private static int Skip(ReadOnlySpan<byte> json, int at)
    {
        var end = JsonScan.SkipValue(json, at);
        return end >= 0 ? end : throw JsonScan.Malformed(json, json.Length, $"the end of the value that begins at {at}");
    }

    private int Text(ReadOnlySpan<byte> json, int at, ref string? text, bool shared)
    {
        var end = Skip(json, at);
        if (json[at] == (byte)'"')
        {
            var inside = json[(at + 1)..(end - 1)];
            text = shared ? _strings.Get(inside) : StringCache.Read(inside);
        }

        return end;
    }

    private static int Time(ReadOnlySpan<byte> json, int at, ref DateTimeOffset? time)
    {
        var end = Skip(json, at);
        if (json[at] == (byte)'"')
        {
            time = ParseTime(json[(at + 1)..(end - 1)]);
        }

        return end;
    }

    /// <summary>Go's zero time (year 1) means none: kubectl prints it as unknown.</summary>
    private static DateTimeOffset? ParseTime(ReadOnlySpan<byte> inside) => Moment(inside) is { UtcTicks: > 0 } time ? time : null;

    private static DateTimeOffset? Moment(ReadOnlySpan<byte> inside) =>
        inside.Length >= 20 && Utf8Parser.TryParse(inside, out DateTimeOffset time, out var used, 'O') && used == inside.Length ? time
        : DateTimeOffset.TryParse(
            StringCache.Read(inside),
            System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AssumeUniversal,
            out time
        )
            ? time
        : null;

    private LabelSet Labels(ReadOnlySpan<byte> json)
    {
        if (json[0] != (byte)'{')
        {
            return LabelSet.Empty;
        }

        return _labels.Find(json) ?? _labels.Add(json, ParseLabels(json));
    }

    /// <summary>True if the JSON says these labels in this order, which is how the API server writes them.</summary>
    private static bool Says(LabelSet labels, ReadOnlySpan<byte> json)
    {
        var at = 1;
        for (var i = 0; i < labels.Count; i++)
        {
            var (key, value) = labels[i];
            if (!Text(json, ref at, key, (byte)':') || !Text(json, ref at, value, i + 1 < labels.Count ? (byte)',' : (byte)'}'))
            {
                return false;
            }
        }

        return at == json.Length;

        // Without escapes and white space: whatever has them is parsed.
        static bool Text(ReadOnlySpan<byte> json, ref int at, string text, byte then)
        {
            if (
                json.Length - at < text.Length + 3
                || json[at] != (byte)'"'
                || !System.Text.Ascii.Equals(json.Slice(at + 1, text.Length), text)
                || json[at + text.Length + 1] != (byte)'"'
                || json[at + text.Length + 2] != then
            )
            {
                return false;
            }

            at += text.Length + 3;
            return true;
        }
    }

    private LabelSet ParseLabels(ReadOnlySpan<byte> json)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        var at = JsonScan.SkipWhiteSpace(json, 1);
        while (at < json.Length && json[at] == (byte)'"')
        {
            var (nameAt, nameEnd, valueAt) = Name(json, at);
            var end = Skip(json, valueAt);
            if (json[valueAt] == (byte)'"')
            {
                pairs.Add(new(_strings.Get(json[(nameAt + 1)..(nameEnd - 1)]), _strings.Get(json[(valueAt + 1)..(end - 1)])));
            }

            at = JsonScan.SkipWhiteSpace(json, end);
            at = at < json.Length && json[at] == (byte)',' ? JsonScan.SkipWhiteSpace(json, at + 1) : json.Length;
        }

        return LabelSet.Create(pairs);
    }

    private OwnerReference[] Owners(ReadOnlySpan<byte> json)
    {
        if (json[0] != (byte)'[')
        {
            return [];
        }

        return (_owners.Find(json) ?? _owners.Add(json, new OwnersOf(json.ToArray(), ParseOwners(json)))).Owners;
    }

    private OwnerReference[] ParseOwners(ReadOnlySpan<byte> json)
    {
        var owners = new List<OwnerReference>();
        for (var at = JsonScan.SkipWhiteSpace(json, 1); at < json.Length && json[at] == (byte)'{'; )
        {
            string apiVersion = "",
                kind = "",
                name = "",
                uid = "";
            var controller = false;
            at = JsonScan.SkipWhiteSpace(json, at + 1);
            while (at < json.Length && json[at] == (byte)'"')
            {
                var (nameAt, nameEnd, valueAt) = Name(json, at);
                at = Skip(json, valueAt);
                var member = json[(nameAt + 1)..(nameEnd - 1)];
                if (json[valueAt] == (byte)'"')
                {
                    var text = _strings.Get(json[(valueAt + 1)..(at - 1)]);
                    if (member.SequenceEqual("apiVersion"u8))
                    {
                        apiVersion = text;
                    }
                    else if (member.SequenceEqual("kind"u8))
                    {
                        kind = text;
                    }
                    else if (member.SequenceEqual("name"u8))
                    {
                        name = text;
                    }
                    else if (member.SequenceEqual("uid"u8))
                    {
                        uid = text;
                    }
                }
                else if (member.SequenceEqual("controller"u8))
                {
                    controller = json[valueAt] == (byte)'t';
                }

                at = NextMember(json, at);
            }

            owners.Add(new(apiVersion, kind, name, uid, controller));
            at = NextMember(json, JsonScan.SkipWhiteSpace(json, at) + 1);
        }

        return [.. owners];
    }

    /// <summary>
    /// The latest entry of managedFields by time; of equal times the later one, which is the one the server touched
    /// last.
    /// </summary>
    private void LastChange(ReadOnlySpan<byte> json, ref ObjectHeader header)
    {
        if (json[0] != (byte)'[')
        {
            return;
        }

        for (var at = JsonScan.SkipWhiteSpace(json, 1); at < json.Length && json[at] == (byte)'{'; )
        {
            string manager = "",
                operation = "";
            string? subresource = null;
            DateTimeOffset? time = null;
            at = JsonScan.SkipWhiteSpace(json, at + 1);
            while (at < json.Length && json[at] == (byte)'"')
            {
                var (nameAt, nameEnd, valueAt) = Name(json, at);
                at = Skip(json, valueAt);
                if (json[valueAt] == (byte)'"')
                {
                    var member = json[(nameAt + 1)..(nameEnd - 1)];
                    var inside = json[(valueAt + 1)..(at - 1)];
                    if (member.SequenceEqual("manager"u8))
                    {
                        manager = _strings.Get(inside);
                    }
                    else if (member.SequenceEqual("operation"u8))
                    {
                        operation = _strings.Get(inside);
                    }
                    else if (member.SequenceEqual("subresource"u8))
                    {
                        subresource = inside.IsEmpty ? null : _strings.Get(inside);
                    }
                    else if (member.SequenceEqual("time"u8))
                    {
                        time = ParseTime(inside);
                    }
                }

                at = NextMember(json, at);
            }

            if (header.Author is null || (time ?? DateTimeOffset.MinValue) >= (header.ChangedAt ?? DateTimeOffset.MinValue))
            {
                (header.Author, header.ChangedAt) = (Author(manager, operation, subresource), time);
            }

            at = NextMember(json, JsonScan.SkipWhiteSpace(json, at) + 1);
        }
    }

    /// <summary>The few authors of a stream, one instance each.</summary>
    private ChangeAuthor Author(string manager, string operation, string? subresource)
    {
        ref var slot = ref _authors[(manager.Length * 31 + operation.Length * 7 + (subresource?.Length ?? 0)) & (AuthorSlots - 1)];
        return slot is not null && slot.Manager == manager && slot.Operation == operation && slot.Subresource == subresource
            ? slot
            : slot = new(manager, operation, subresource);
    }

    /// <summary>Past white space and a comma; stays at a closing bracket.</summary>
    private static int NextMember(ReadOnlySpan<byte> json, int at)
    {
        at = JsonScan.SkipWhiteSpace(json, at);
        return at < json.Length && json[at] == (byte)',' ? JsonScan.SkipWhiteSpace(json, at + 1) : at;
    }

    /// <summary>Owners, and their JSON.</summary>
    private sealed record OwnersOf(byte[] Json, OwnerReference[] Owners);
}
