namespace Vigia.Kubernetes.Objects.Packing;

/// <summary>Knows which body describes which: one template per group of objects that are alike (same controller, else same labels), one per kind for those that have no group yet.</summary>
/// <remarks>
/// Safe on any thread; one per informer, shared by its list and its watches. Holds templates weakly: a template lives as long as an object that is described by it.
/// </remarks>
internal sealed class TemplateTable
{
    // Anchors take about half a template's memory again: the groups that change now have them.
    private const int MostAnchors = 256;

    // So many misfits in a group, then it gets a new template.
    private const int MostMisfits = 8;

    // Below this the description costs more than it saves.
    private const int ShortestBody = 200;

    private readonly Dictionary<ulong, Group> _groups = [];
    private readonly Dictionary<string, WeakReference<BodyTemplate>> _kinds = new(StringComparer.Ordinal);
    private readonly Queue<WeakReference<BodyTemplate>> _anchored = new();
    private readonly Lock _gate = new();
    private byte[] _scratch = new byte[4096];
    private int _sweepAt = 1024;

    /// <summary>Keeps a body in as few bytes as can be had: its description and the template, or the whole and no template.</summary>
    public (byte[] Kept, BodyTemplate? Template) Pack(ReadOnlySpan<byte> json, in ObjectHeader header)
    {
        if (json.Length < ShortestBody)
        {
            return (json.ToArray(), null);
        }

        Span<byte> uidText = stackalloc byte[BodyCoder.UidLength];
        var uid = header.Uid.Text is null && !header.Uid.IsNone && header.Uid.Uuid.TryFormat(uidText, out _) ? uidText : [];
        lock (_gate)
        {
            var key = GroupOf(header);
            var hasGroup = _groups.TryGetValue(key, out var group);
            if (hasGroup && group.Template is { } weak && weak.TryGetTarget(out var template))
            {
                var length = Encode(json, uid, template, json.Length / 2);
                if (length >= 0)
                {
                    return (Written(length), template);
                }

                // One that is unlike the others is kept whole; a group that has moved on gets a new template.
                if (group.Seen < MostMisfits)
                {
                    _groups[key] = group with { Seen = group.Seen + 1 };
                    return (json.ToArray(), null);
                }

                return Found(key, json);
            }

            // A lone object is described by its kind; if that does badly and more of the group come, the group gets a template of its own.
            var seen = hasGroup ? group.Seen : 0;
            if (_kinds.TryGetValue(header.Kind ?? "", out var ofKind) && ofKind.TryGetTarget(out var common))
            {
                var length = Encode(json, uid, common, json.Length * 2 / 3);
                if (length >= 0 && (seen < 2 || length < json.Length / 10))
                {
                    Remember(key, new Group(null, seen + 1));
                    return (Written(length), common);
                }

                if (seen == 0)
                {
                    Remember(key, new Group(null, 1));
                    return (json.ToArray(), null);
                }
            }

            var founded = Found(key, json);
            if (ofKind is null || !ofKind.TryGetTarget(out _))
            {
                _kinds[header.Kind ?? ""] = new(founded.Template!);
            }

            return founded;
        }
    }

    /// <summary>A template stands for itself: its description is empty.</summary>
    private (byte[] Kept, BodyTemplate? Template) Found(ulong key, ReadOnlySpan<byte> json)
    {
        var template = new BodyTemplate(json.ToArray());
        Remember(key, new Group(new(template), 0));
        return (template.Json, template);
    }

    private void Remember(ulong key, Group group)
    {
        if (_groups.Count >= _sweepAt)
        {
            foreach (var (gone, _) in _groups.Where(pair => pair.Value.Template is not { } weak || !weak.TryGetTarget(out _)).ToArray())
            {
                _groups.Remove(gone);
            }

            _sweepAt = Math.Max(1024, _groups.Count * 2);
        }

        _groups[key] = group;
    }

    private int Encode(ReadOnlySpan<byte> json, ReadOnlySpan<byte> uid, BodyTemplate template, int most)
    {
        if (_scratch.Length < most)
        {
            _scratch = new byte[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)most)];
        }

        var had = template.HasAnchors;
        var length = BodyCoder.Encode(json, uid, template, _scratch.AsSpan(0, most));
        if (!had && template.HasAnchors)
        {
            _anchored.Enqueue(new(template));
            if (_anchored.Count > MostAnchors && _anchored.Dequeue().TryGetTarget(out var oldest))
            {
                oldest.DropAnchors();
            }
        }

        return length;
    }

    private byte[] Written(int length) => _scratch.AsSpan(0, length).ToArray();

    private static ulong GroupOf(in ObjectHeader header)
    {
        var hash = new HashCode();
        hash.Add(header.Kind);
        if (header.Owners is { Length: > 0 } owners)
        {
            hash.Add(owners[0].Uid);
            hash.Add(owners.Length);
        }
        else
        {
            var labels = header.Labels ?? LabelSet.Empty;
            for (var i = 0; i < labels.Count; i++)
            {
                hash.Add(labels[i].Key);
                hash.Add(labels[i].Value);
            }
        }

        return (uint)hash.ToHashCode();
    }

    /// <summary>A group: its template, if it has one, and then how many did not fit it; else how many were seen.</summary>
    private readonly record struct Group(WeakReference<BodyTemplate>? Template, int Seen);
}
