using Vigia.Kubernetes;

namespace Vigia.Informers.Deltas;

/// <summary>
/// The ranges of the server's history that this informer did not watch but bridged by a list. Immutable: a reader uses
/// the set it finds.
/// </summary>
/// <remarks>
/// A client that has seen up to a revision within such a range, at another replica, may have seen an object that was
/// created and deleted while we were not watching. This informer could not report that it is gone. So such a cursor is
/// refused rather than served with a silent gap. (Found by simulation, seed 37.)
/// </remarks>
internal sealed class GapSet
{
    private const int Most = 256;

    private readonly (ResourceVersion From, ResourceVersion To)[] _gaps = [];
    private readonly ResourceVersion _open;
    private readonly ResourceVersion _forgotten;
    private readonly ResourceVersion _last;

    private GapSet() { }

    private GapSet(
        (ResourceVersion From, ResourceVersion To)[] gaps,
        ResourceVersion open,
        ResourceVersion forgotten,
        ResourceVersion last
    ) => (_gaps, _open, _forgotten, _last) = (gaps, open, forgotten, last);

    /// <summary>No gap.</summary>
    public static GapSet Empty { get; } = new();

    /// <summary>True while a relist is going on.</summary>
    public bool IsOpen => !_open.IsNone;

    /// <summary>A relist begins: changes after this revision were not watched.</summary>
    public GapSet Begin(ResourceVersion from) => new(_gaps, from, _forgotten, _last);

    /// <summary>The relist is complete.</summary>
    public GapSet End(ResourceVersion to)
    {
        if (_open.IsNone || _open == to)
        {
            return new(_gaps, ResourceVersion.None, _forgotten, _last);
        }

        return _gaps.Length < Most
            ? new([.. _gaps, (_open, to)], ResourceVersion.None, _forgotten, to)
            : new([.. _gaps[1..], (_open, to)], ResourceVersion.None, _gaps[0].To, to);
    }

    /// <summary>
    /// True if a client that has seen up to this revision may have seen changes that this informer has not.
    /// </summary>
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

    /// <summary>
    /// True if a stretch that is over ends after this revision. Stretches end in the order of revisions.
    /// </summary>
    public bool EndAfter(ResourceVersion revision) => _last is { IsNone: false } && !IsUpTo(_last, revision);

    private static bool IsUpTo(ResourceVersion revision, ResourceVersion bound) =>
        revision.CompareTo(bound) is RevisionOrder.Older or RevisionOrder.Equal;
}
