using System.Text;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulation.Cluster;

namespace Vigia.Simulation.Consumers;

/// <summary>
/// What one consumer has been told, and whether it could be told so: per object a legal order, nothing invented,
/// nothing left out in silence.
/// </summary>
internal sealed class Witness(string name, Truth truth, Action<string> accuse, Action<string> trace, Func<RawObject, bool> isSpoilt)
{
    private readonly Dictionary<ObjectKey, RawObject> _view = [];
    private readonly HashSet<ObjectKey> _everTold = [];

    public string Name => name;

    /// <summary>Told that what it knew is worth nothing: everything is delivered again.</summary>
    public void Reset(IEnumerable<RawObject>? snapshot = null)
    {
        trace($"{name}: reset");
        _view.Clear();
        foreach (var o in snapshot ?? [])
        {
            IsTrue(o);
            _view.Add(o.Key, o);
            _everTold.Add(o.Key);
        }
    }

    /// <param name="delta">What it is told.</param>
    /// <param name="mayRepeat">
    /// True for a consumer that came back with nothing but a revision: what a relist found may be told it again.
    /// </param>
    /// <param name="passed">
    /// How far such a consumer had come. It is told again from the last change that it can prove, so it may be told of
    /// an object that came and went before a list that it has passed.
    /// </param>
    public void Told(Delta delta, bool mayRepeat = false, ResourceVersion passed = default)
    {
        trace(
            $"{name}: {delta.Kind} {delta.Object.Key} {delta.Object.Uid[..8]} "
                + $"{delta.Object.ResourceVersion}{(delta.IsFolded ? " folded" : "")}"
        );
        var key = delta.Object.Key;
        _everTold.Add(key);
        _view.TryGetValue(key, out var known);
        switch (delta.Kind)
        {
            case DeltaKind.Added:
                if (known is not null)
                {
                    if (mayRepeat && known.Identity == delta.New!.Identity && known.ResourceVersion == delta.New.ResourceVersion)
                    {
                        return;
                    }

                    Accuse(delta, $"added, though {Text(known)} is known");
                }

                CheckFirst(delta);
                _view[key] = delta.New!;
                break;
            case DeltaKind.Updated:
                if (known is null)
                {
                    if (!mayRepeat || delta.New!.ResourceVersion.CompareTo(passed) is not (RevisionOrder.Older or RevisionOrder.Equal))
                    {
                        Accuse(delta, "updated, though it is not known");
                    }
                }
                else if (mayRepeat && known.ResourceVersion == delta.New!.ResourceVersion)
                {
                    return;
                }
                else
                {
                    CheckStep(delta, known);
                }

                _view[key] = delta.New!;
                break;
            default:
                if (known is null)
                {
                    if (!mayRepeat)
                    {
                        Accuse(delta, "deleted, though it is not known");
                    }
                }
                else if (known.Identity != delta.Old!.Identity)
                {
                    if (mayRepeat)
                    {
                        // The deletion of one that this consumer knows to be gone: what it knows is another.
                        return;
                    }

                    Accuse(delta, $"deleted, but {Text(known)} is known");
                }

                _view.Remove(key);
                break;
        }

        if (delta.New is { } told)
        {
            IsTrue(told);
        }
    }

    /// <summary>At the end everybody knows what is true.</summary>
    public void CheckEnd()
    {
        foreach (var (key, version) in truth.Objects)
        {
            if (!_view.TryGetValue(key, out var known))
            {
                accuse($"{name}: was never told of {key} {version.Revision}, which exists");
            }
            else if (known.Uid != version.Uid || known.ResourceVersion.Number != version.Revision)
            {
                accuse($"{name}: knows {Text(known)}, but {version.Uid[..8]}@{version.Revision} is true");
            }
        }

        foreach (var key in _view.Keys.Where(key => !truth.Objects.ContainsKey(key)))
        {
            accuse($"{name}: was never told that {key} is gone");
        }
    }

    /// <summary>A handler that says it has synced has been told of everything in the first list.</summary>
    public void CheckSynced(IEnumerable<ObjectKey> first)
    {
        foreach (var key in first.Where(key => !_everTold.Contains(key)))
        {
            accuse($"{name}: says it has synced, but was not told of {key}");
        }
    }

    private static string Text(RawObject o) => $"{o.Uid[..8]}@{o.ResourceVersion}";

    private void CheckFirst(Delta delta)
    {
        // A watch event, taken as it came, begins with the first version: one that was there before is told by a list.
        if (IsWatchEvent(delta) && Find(delta.New!) is { Previous: not 0 } version)
        {
            Accuse(delta, $"added by a watch, though its version {version.Previous} was left out");
        }
    }

    private void CheckStep(Delta delta, RawObject known)
    {
        var told = delta.New!;
        if (known.Identity != told.Identity)
        {
            Accuse(delta, $"updated, but {Text(known)} is known: a deletion was left out");
        }

        if (!told.ResourceVersion.IsNewerThan(known.ResourceVersion))
        {
            Accuse(delta, $"updated to {told.ResourceVersion}, though {known.ResourceVersion} is known: back in time");
        }

        if (delta.IsFolded)
        {
            return;
        }

        if (delta.Old is not { } old || old.ResourceVersion != known.ResourceVersion)
        {
            Accuse(delta, $"updated from {delta.Old?.ResourceVersion}, though {known.ResourceVersion} is known: a silent gap");
        }

        if (IsWatchEvent(delta) && Find(told) is { } version && version.Previous != known.ResourceVersion.Number)
        {
            Accuse(delta, $"updated by a watch from {known.ResourceVersion}, though its version {version.Previous} was left out");
        }
    }

    /// <summary>What a relist finds carries the revision before it; what a watch brings its own.</summary>
    private static bool IsWatchEvent(Delta delta) =>
        !delta.IsFolded && !delta.IsInInitialList && delta.Revision == delta.New!.ResourceVersion;

    private void IsTrue(RawObject o)
    {
        if (isSpoilt(o))
        {
            return;
        }

        using var json = o.Open();
        if (Find(o) is null)
        {
            accuse($"{name}: was told of {o.Key} {Text(o)}, which never was: {Encoding.UTF8.GetString(json.Span)}");
        }
    }

    private ObjectVersion? Find(RawObject o)
    {
        using var json = o.Open();
        return truth.Find(o.Uid, o.ResourceVersion.Number, Encoding.UTF8.GetString(json.Span));
    }

    private void Accuse(Delta delta, string what) => accuse($"{name}: {delta.Object.Key} {Text(delta.Object)} was {what}");
}
