using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Deltas;

/// <summary>The stretches of the server's history that this informer did not watch but bridged by a list.</summary>
/// <remarks>
/// Somebody who was elsewhere and has seen up to a revision within such a stretch may know an object that was created and deleted in it: this informer never heard of it, and could not tell that it is gone.
/// Found by simulation (seed 37): so such a cursor is refused rather than served with a silent gap.
/// </remarks>
internal sealed class RelistGaps
{
    private const int Most = 256;

    private readonly Queue<(ResourceVersion From, ResourceVersion To)> _gaps = new();
    private ResourceVersion _open;
    private ResourceVersion _forgotten;
    private ResourceVersion _last;

    /// <summary>Grows with each change: who has looked need not look again before.</summary>
    public int Version { get; private set; }

    /// <summary>True while a relist is going on.</summary>
    public bool IsOpen => !_open.IsNone;

    /// <summary>A relist begins: what came after this revision was not watched.</summary>
    public void Begin(ResourceVersion from)
    {
        _open = from;
        Version++;
    }

    /// <summary>The relist is complete.</summary>
    public void End(ResourceVersion to)
    {
        if (!_open.IsNone && _open != to)
        {
            _gaps.Enqueue((_open, to));
            _last = to;
            if (_gaps.Count > Most)
            {
                _forgotten = _gaps.Dequeue().To;
            }
        }

        _open = ResourceVersion.None;
        Version++;
    }

    public void Clear()
    {
        _gaps.Clear();
        (_open, _forgotten, _last) = (ResourceVersion.None, ResourceVersion.None, ResourceVersion.None);
        Version++;
    }

    /// <summary>True where somebody who has seen up to this revision may know what this informer cannot.</summary>
    public bool Contain(ResourceVersion revision)
    {
        if ((!_open.IsNone && !IsUpTo(revision, _open)) || (!_forgotten.IsNone && !IsUpTo(_forgotten, revision)))
        {
            return true;
        }

        foreach (var (from, to) in _gaps)
        {
            if (!IsUpTo(revision, from) && !IsUpTo(to, revision))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True where a stretch that is over ends after this revision. Stretches end in the order of revisions.</summary>
    public bool EndAfter(ResourceVersion revision) => _last is { IsNone: false } && !IsUpTo(_last, revision);

    private static bool IsUpTo(ResourceVersion revision, ResourceVersion bound) => revision.CompareTo(bound) is RevisionOrder.Older or RevisionOrder.Equal;
}
