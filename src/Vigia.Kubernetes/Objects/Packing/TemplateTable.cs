using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Kubernetes.Objects.Packing;

/// <summary>
/// Maps bodies to templates: one template per group of similar objects (same controller, else same labels), a few per
/// kind for objects that have no group yet or need none.
/// </summary>
/// <remarks>
/// Thread-safe; one per informer, shared by its list and its watches. Templates are referenced weakly: a template lives
/// as long as an object that uses it.
/// </remarks>
internal sealed class TemplateTable
{
    // Anchors take about half a template's memory again: the groups that change now have them.
    private const int MostAnchors = 256;

    // So many misfits in a group, then it gets a new template.
    private const int MostMisfits = 8;

    // Below this the description costs more than it saves.
    private const int ShortestBody = 200;

    // A description this short gains nothing from a closer template that its group must pay for: bodies with metadata
    // only.
    private const int ShortDescription = 160;

    // The first groups of a kind that are unlike the existing templates: a cluster's pods come from a few charts.
    private const int MostOfKind = 4;

    private readonly Dictionary<ulong, Group> _groups = [];
    private readonly Dictionary<string, List<WeakReference<BodyTemplate>>> _kinds = new(StringComparer.Ordinal);
    private readonly Queue<WeakReference<BodyTemplate>> _anchored = new();
    private readonly Lock _gate = new();
    private byte[] _scratch = new byte[4096];
    private int _sweepAt = 1024;

    /// <summary>
    /// Keeps a body in as few bytes as can be had: its description and the template, or the whole and no template.
    /// </summary>
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

            // A lone object is described by its kind; if that does badly and more of the group come, the group gets a
            // template of its own.
            var seen = hasGroup ? group.Seen : 0;
            if (PackByKind(json, uid, header.Kind ?? "", out var ofKind) is { } kept)
            {
                if (seen < 2 || kept.Length < Math.Max(json.Length / 10, ShortDescription))
                {
                    Remember(key, new Group(null, seen + 1));
                    return (kept, ofKind);
                }
            }
            else if (seen == 0 && ofKind is not null)
            {
                Remember(key, new Group(null, 1));
                return (json.ToArray(), null);
            }

            var founded = Found(key, json);
            Offer(header.Kind ?? "", founded.Template!);
            return founded;
        }
    }

    /// <summary>
    /// The shortest description by a template of the kind; null if none does well. Says as well whether there is
    /// any.
    /// </summary>
    private byte[]? PackByKind(ReadOnlySpan<byte> json, ReadOnlySpan<byte> uid, string kind, out BodyTemplate? by)
    {
        by = null;
        byte[]? best = null;
        if (!_kinds.TryGetValue(kind, out var known))
        {
            return null;
        }

        var most = json.Length * 2 / 3;
        for (var i = 0; i < known.Count && (best is null || best.Length >= ShortDescription); i++)
        {
            if (!known[i].TryGetTarget(out var template))
            {
                continue;
            }

            by ??= template;
            if (Encode(json, uid, template, most) is >= 0 and var length)
            {
                (best, by, most) = (Written(length), template, length);
            }
        }

        return best;
    }

    private void Offer(string kind, BodyTemplate template)
    {
        if (!_kinds.TryGetValue(kind, out var known))
        {
            _kinds[kind] = known = new(1);
        }

        known.RemoveAll(static weak => !weak.TryGetTarget(out _));
        if (known.Count < MostOfKind)
        {
            known.Add(new(template));
        }
    }

    /// <summary>A template describes itself: its description is empty.</summary>
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

    /// <summary>
    /// A group: its template, if it has one, and then how many did not fit it; else how many were seen.
    /// </summary>
    private readonly record struct Group(WeakReference<BodyTemplate>? Template, int Seen);
}
