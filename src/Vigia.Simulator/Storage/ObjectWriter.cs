using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;
using Vigia.Simulator.Types;

namespace Vigia.Simulator.Storage;

/// <summary>
/// The writes: create, update, read-modify-write, and the raw paths for seeding and churn. Under the store's lock.
/// <see cref="ObjectStore"/> documents each of them.
/// </summary>
internal sealed class ObjectWriter(StoreState state, ObjectAdmission admission, ObjectDeletion deletion)
{
    /// <param name="gvr">The resource.</param>
    /// <param name="copy">The object, which the store may change.</param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="dryRun">True to store nothing.</param>
    public StoredObject Create(GroupVersionResource gvr, JsonObject copy, string manager, bool dryRun)
    {
        var store = state.Types.Require(gvr);
        var type = store.Type;
        var metadata = ObjectGraph.Metadata(copy);
        admission.Name(store, metadata);
        var key = new ObjectKey(type.Namespaced ? ObjectGraph.Text(metadata, "namespace") : "", ObjectGraph.Text(metadata, "name"));
        admission.Check(store, key);

        metadata["uid"] = admission.NewUid();
        metadata["creationTimestamp"] = state.Timestamp();
        metadata.Remove("deletionTimestamp");
        metadata.Remove("deletionGracePeriodSeconds");
        metadata.Remove("selfLink");
        if (!type.Namespaced)
        {
            metadata.Remove("namespace");
        }

        if (type.HasGeneration)
        {
            metadata["generation"] = 1;
        }

        if (type.Gvr == BuiltInTypes.Namespaces.Gvr)
        {
            ObjectAdmission.DefaultNamespace(copy, metadata, key.Name);
        }

        ObjectGraph.Front(type, copy);
        using var document = JsonDocument.Parse(copy.ToUtf8());
        List<ManagedFields.Entry>? entries = null;
        if (metadata["managedFields"] is not JsonArray { Count: > 0 })
        {
            entries = [];
            ManagedFields.Track(entries, type, default, document.RootElement, manager, null, state.Timestamp());
        }

        var revision = state.Revision + 1;
        var json = ObjectBytes.With(document.RootElement, entries, null, revision);
        var stored = new StoredObject(type, json, revision, hasSortedFields: entries is not null);
        if (!dryRun)
        {
            state.Revision = revision;
            state.Commit(store, new StoreChange(ChangeKind.Added, stored, null, revision));
        }

        return stored;
    }

    /// <summary>Reads the header of an object for <see cref="CreateRaw"/>. The lock need not be held.</summary>
    public static HeaderScan ReadNew(ReadOnlySpan<byte> utf8)
    {
        var header = HeaderScan.Read(utf8, FieldTree.None);
        return header.MetadataStart > 0 && header.Name is not null && header.Uid is null && header.ResourceVersion.Equals(default)
            ? header
            : throw StatusException.BadRequest(
                "a raw object needs metadata.name, and must not have metadata.uid or metadata.resourceVersion"
            );
    }

    /// <param name="gvr">The resource.</param>
    /// <param name="utf8">The JSON object.</param>
    /// <param name="header">The header of <paramref name="utf8"/>, from <see cref="ReadNew"/>.</param>
    /// <param name="created">The creationTimestamp; null for now.</param>
    public StoredObject CreateRaw(GroupVersionResource gvr, ReadOnlySpan<byte> utf8, in HeaderScan header, DateTimeOffset? created)
    {
        var store = state.Types.Require(gvr);
        var type = store.Type;
        admission.Check(store, new ObjectKey(type.Namespaced ? header.Namespace ?? "" : "", header.Name!));
        var revision = ++state.Revision;
        var time = created is { } at ? Json.Time(at) : state.Timestamp();
        var generation = type.HasGeneration ? "\"generation\":1," : "";
        var front = Encoding.ASCII.GetBytes(
            $"\"uid\":\"{admission.NewUid()}\",\"resourceVersion\":\"{revision}\",{generation}\"creationTimestamp\":\"{time}\","
        );
        var json = new byte[utf8.Length + front.Length];
        utf8[..header.MetadataStart].CopyTo(json);
        front.CopyTo(json.AsSpan(header.MetadataStart));
        utf8[header.MetadataStart..].CopyTo(json.AsSpan(header.MetadataStart + front.Length));
        var stored = new StoredObject(type, json, revision);
        state.Commit(store, new StoreChange(ChangeKind.Added, stored, null, revision));
        return stored;
    }

    /// <param name="gvr">The resource.</param>
    /// <param name="copy">The new state, which the store may change.</param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="subresource"><c>status</c> to change status only; null for everything.</param>
    /// <param name="dryRun">True to store nothing.</param>
    public StoredObject Update(GroupVersionResource gvr, JsonObject copy, string manager, string? subresource, bool dryRun)
    {
        var store = state.Types.Require(gvr);
        var metadata = ObjectGraph.Metadata(copy);
        var name = ObjectGraph.Text(metadata, "name");
        var old =
            store.Get(new ObjectKey(store.Type.Namespaced ? ObjectGraph.Text(metadata, "namespace") : "", name))
            ?? throw StatusException.NotFound(store.Type, name);
        return Replace(store, old, JsonElement.Parse(old.Bytes), copy, manager, subresource, dryRun);
    }

    public StoredObject? Mutate(GroupVersionResource gvr, ObjectKey key, Action<JsonObject> change, string manager, string? subresource)
    {
        var store = state.Types.Require(gvr);
        if (store.Get(key) is not { } old)
        {
            return null;
        }

        var before = JsonElement.Parse(old.Bytes);
        var copy = JsonObject.Create(before)!;
        change(copy);
        ObjectGraph.Metadata(copy).Remove("resourceVersion");
        return Replace(store, old, before, copy, manager, subresource, dryRun: false);
    }

    public StoredObject? Transform(
        GroupVersionResource gvr,
        ObjectKey key,
        Func<JsonObject, JsonObject> change,
        string manager,
        string? subresource,
        bool dryRun,
        bool ownsManagedFields
    )
    {
        var store = state.Types.Require(gvr);
        if (store.Get(key) is not { } old)
        {
            return null;
        }

        var before = JsonElement.Parse(old.Bytes);
        return Replace(store, old, before, change(JsonObject.Create(before)!), manager, subresource, dryRun, ownsManagedFields);
    }

    public StoredObject? ReplaceRaw(GroupVersionResource gvr, ObjectKey key, Func<StoredObject, byte[]?> change)
    {
        var store = state.Types.Require(gvr);
        if (store.Get(key) is not { IsDeleting: false } old || change(old) is not { } bytes)
        {
            return null;
        }

        var revision = ++state.Revision;
        var stored = new StoredObject(store.Type, bytes, revision, old.HasSortedFields).WithRevision(revision);
        state.Commit(store, new StoreChange(ChangeKind.Modified, stored, old, revision));
        return stored;
    }

    private StoredObject Replace(
        TypeStore store,
        StoredObject old,
        JsonElement before,
        JsonObject after,
        string manager,
        string? subresource,
        bool dryRun,
        bool ownsManagedFields = false
    )
    {
        var type = store.Type;
        var (was, metadata) = (before.Get("metadata"), ObjectGraph.Metadata(after));
        var given = ObjectGraph.Text(metadata, "resourceVersion");
        if (given.Length > 0 && given != Json.Text(was.Get("resourceVersion")))
        {
            throw StatusException.Conflict(
                type,
                old.Key.Name,
                "the object has been modified; please apply your changes to the latest version and try again"
            );
        }

        if (ObjectGraph.Text(metadata, "uid") is { Length: > 0 } uid && uid != old.Uid)
        {
            throw StatusException.Conflict(
                type,
                old.Key.Name,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.Uid}"
            );
        }

        if (subresource == "status")
        {
            // Only status is taken; labels, annotations and the rest stay.
            var status = after["status"];
            var fields = ownsManagedFields ? metadata["managedFields"]?.DeepClone() : null;
            after.Remove("status");
            after = JsonObject.Create(before)!;
            ObjectGraph.Set(after, "status", status);
            metadata = ObjectGraph.Metadata(after);
            if (ownsManagedFields)
            {
                ObjectGraph.Set(metadata, "managedFields", fields);
            }
        }

        foreach (
            var kept in (string[])
                [
                    "name",
                    "namespace",
                    "uid",
                    "creationTimestamp",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                    "generation",
                    "generateName",
                ]
        )
        {
            ObjectGraph.Set(metadata, kept, was.Get(kept).ToNode());
        }

        metadata.Remove("selfLink");
        ObjectGraph.Set(metadata, "resourceVersion", was.Get("resourceVersion").ToNode());
        ObjectGraph.Front(type, after);
        List<ManagedFields.Entry>? entries = null;
        if (!ownsManagedFields)
        {
            metadata.Remove("managedFields");
            entries = ManagedFields.Read(before, old.HasSortedFields);
        }

        using var document = JsonDocument.Parse(after.ToUtf8());
        var now = document.RootElement;
        if (
            entries is null
                ? FieldComparison.AreSame(before, now)
                : !ManagedFields.Track(entries, type, before, now, manager, subresource, state.Timestamp())
                    && ObjectGraph.SameButManagedFields(before, now)
        )
        {
            return old;
        }

        long? generation =
            type.HasGeneration && subresource != "status" && ObjectGraph.ContentChanged(before, now)
                ? (was.Get("generation") is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : 0) + 1
                : null;
        var revision = state.Revision + 1;
        var json = ObjectBytes.With(now, entries, generation, revision);
        var stored = new StoredObject(type, json, revision, hasSortedFields: entries is not null);
        if (dryRun)
        {
            return stored;
        }

        state.Revision = revision;
        state.Commit(store, new StoreChange(ChangeKind.Modified, stored, old, revision));
        if (stored.IsDeleting && stored.Finalizers.Count == 0 && deletion.CanGo(stored))
        {
            deletion.Remove(store, stored);
        }

        return stored;
    }
}
