using System.Text;
using Vigia.Kubernetes;

namespace Vigia.Simulation.Cluster;

/// <summary>
/// What is true: the objects, every version there ever was, and the log of changes. What stands behind the API servers
/// (etcd).
/// </summary>
internal sealed class Truth(Random random)
{
    private readonly Dictionary<(string Uid, ulong Revision, int Era), ObjectVersion> _versions = [];
    private SortedDictionary<ObjectKey, ObjectVersion> _objects = [];
    private int _uids;
    private (SortedDictionary<ObjectKey, ObjectVersion> Objects, ulong Revision)? _backup;

    /// <summary>The log of this era, by index.</summary>
    public List<Change> Log { get; private set; } = [];

    public ulong Revision { get; private set; } = 100;

    /// <summary>Older revisions than this cannot be watched from.</summary>
    public ulong Compacted { get; private set; } = 100;

    /// <summary>Counts the restores.</summary>
    public int Era { get; private set; }

    /// <summary>The revision that a restore would lead back to; null where there is no backup.</summary>
    public ulong? BackupRevision => _backup?.Revision;

    public IReadOnlyDictionary<ObjectKey, ObjectVersion> Objects => _objects;

    /// <summary>The state that the log of this era begins with.</summary>
    public (SortedDictionary<ObjectKey, ObjectVersion> Objects, ulong Revision) Base { get; private set; } = ([], 100);

    public void Put(ObjectKey key)
    {
        var known = _objects.TryGetValue(key, out var held);
        var uid = known ? held!.Uid : NewUid();
        var version = Make(key, uid, ++Revision, known ? held!.Revision : 0);
        _objects[key] = version;
        Log.Add(new(known ? "MODIFIED" : "ADDED", version));
    }

    public void Delete(ObjectKey key)
    {
        if (_objects.Remove(key, out var held))
        {
            Log.Add(new("DELETED", Make(key, held.Uid, ++Revision, held.Revision)));
        }
    }

    /// <summary>Another resource changes: the revision grows, nothing here does.</summary>
    public void PassTime() => Revision += (ulong)random.Next(1, 5);

    public void Compact() => Compacted = Revision;

    public void Backup() => _backup = (new(_objects), Revision);

    /// <summary>
    /// Back to the backup, if there is one that is older than now: revisions go back, the history is gone.
    /// </summary>
    public bool Restore()
    {
        if (_backup is not { } backup || backup.Revision >= Revision)
        {
            return false;
        }

        Era++;
        _objects = new(backup.Objects);
        foreach (var version in _objects.Values)
        {
            _versions[(version.Uid, version.Revision, Era)] = version;
        }

        (Revision, Compacted, Log) = (backup.Revision, backup.Revision, []);
        Base = (new(_objects), Revision);
        return true;
    }

    /// <summary>The version, in this era or one before; null for one that never was.</summary>
    public ObjectVersion? Find(string uid, ulong revision, string kept)
    {
        for (var era = Era; era >= 0; era--)
        {
            if (_versions.TryGetValue((uid, revision, era), out var version) && version.Kept == kept)
            {
                return version;
            }
        }

        return null;
    }

    private string NewUid() => new Guid(random.Next(), (short)++_uids, (short)Era, 1, 2, 3, 4, 5, 6, 7, 8).ToString();

    private ObjectVersion Make(ObjectKey key, string uid, ulong revision, ulong previous)
    {
        var value = new StringBuilder();
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            value.Append(random.Next().ToString("x8", System.Globalization.CultureInfo.InvariantCulture));
        }

        var (name, ns) = (key.Name, key.Namespace);
        var front =
            $$$"""{"kind":"Pod","apiVersion":"v1","metadata":"""
            + $$$"""{"name":"{{{name}}}","namespace":"{{{ns}}}","uid":"{{{uid}}}","resourceVersion":"{{{revision}}}","labels":"""
            + $$$"""{"app":"{{{name[..1]}}}","tier":"t{{{random.Next(3)}}}"}""";
        var back =
            $$$"""},"spec":{"containers":[{"name":"main","image":"registry/app:1","env":[{"name":"HOME","value":"/home"},"""
            + $$$"""{"name":"PATH","value":"/bin"}]}],"restartPolicy":"Always"},"status":{"phase":"Running","value":"{{{value}}}"}}""";

        // What happens after a restore happens later.
        var managed =
            $",\"managedFields\":[{{\"manager\":\"sim\",\"operation\":\"Update\",\"time\":\"2026-01-01T{Era % 24:00}:00:00Z\","
            + $"\"fieldsV1\":{{\"f:status\":{{\"f:value\":{{}}}}}}}}]";
        _ = random.Next(2);
        var version = new ObjectVersion(key, uid, revision, previous, front + managed + back, front + back, Era);
        _versions[(uid, revision, Era)] = version;
        return version;
    }
}
