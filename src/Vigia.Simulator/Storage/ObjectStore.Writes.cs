using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;
using Vigia.Simulator.Storage;
using Vigia.Simulator.Types;

namespace Vigia.Simulator;

// The writes: create, update, read-modify-write, and the raw paths for seeding.
public sealed partial class ObjectStore
{
    /// <summary>
    /// Creates an object. Takes <c>metadata.name</c>, or makes one of <c>metadata.generateName</c>; sets apiVersion,
    /// kind, uid, times, revision, generation.
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="obj">The object; the store works on a copy. managedFields that are given are kept.</param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="dryRun">True to return what would be stored, and store nothing.</param>
    /// <exception cref="StatusException">
    /// 409 AlreadyExists; 404 for a missing namespace or resource; 403 while the namespace is being deleted; 400
    /// without a name.
    /// </exception>
    public StoredObject Create(GroupVersionResource gvr, JsonObject obj, string manager, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var copy = obj.DeepClone().AsObject();
        lock (_gate)
        {
            var store = Require(gvr);
            var type = store.Type;
            var metadata = Metadata(copy);
            Name(store, metadata);
            var key = new ObjectKey(type.Namespaced ? Text(metadata, "namespace") : "", Text(metadata, "name"));
            CheckNewLocked(store, key);

            metadata["uid"] = NewUid();
            metadata["creationTimestamp"] = Timestamp();
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
                NewNamespace(copy, metadata, key.Name);
            }

            if (metadata["managedFields"] is not JsonArray { Count: > 0 })
            {
                ManagedFields.Track(type, null, copy, manager, null, Timestamp());
            }

            Front(type, copy);
            var revision = _revision + 1;
            metadata["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
            var stored = new StoredObject(type, ToBytes(copy), revision);
            if (!dryRun)
            {
                _revision = revision;
                ApplyLocked(store, new StoreChange(ChangeKind.Added, stored, null, revision));
            }

            return stored;
        }
    }

    /// <summary>
    /// Creates an object from bytes, without a graph: for seeding many. Puts uid, creationTimestamp and resourceVersion
    /// in front of the other metadata, which must not hold them (nor may the object lack apiVersion and kind).
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="utf8">The JSON object, without white space around it.</param>
    /// <param name="created">The creationTimestamp; null for now.</param>
    /// <exception cref="StatusException">As <see cref="Create"/>.</exception>
    public StoredObject CreateRaw(GroupVersionResource gvr, ReadOnlySpan<byte> utf8, DateTimeOffset? created = null)
    {
        var type = Find(gvr) ?? throw StatusException.NoSuchPath();
        var header = HeaderScan.Read(utf8, FieldTree.None);
        if (header.MetadataStart == 0 || header.Name is null || header.Uid is not null || !header.ResourceVersion.Equals(default))
        {
            throw StatusException.BadRequest(
                "a raw object needs metadata.name, and must not have metadata.uid or metadata.resourceVersion"
            );
        }

        lock (_gate)
        {
            var store = Require(gvr);
            CheckNewLocked(store, new ObjectKey(type.Namespaced ? header.Namespace ?? "" : "", header.Name));
            var revision = ++_revision;
            var time = created is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : Timestamp();
            var generation = type.HasGeneration ? "\"generation\":1," : "";
            var front = Encoding.ASCII.GetBytes(
                $"\"uid\":\"{NewUid()}\",\"resourceVersion\":\"{revision}\",{generation}\"creationTimestamp\":\"{time}\","
            );
            var json = new byte[utf8.Length + front.Length];
            utf8[..header.MetadataStart].CopyTo(json);
            front.CopyTo(json.AsSpan(header.MetadataStart));
            utf8[header.MetadataStart..].CopyTo(json.AsSpan(header.MetadataStart + front.Length));
            var stored = new StoredObject(type, json, revision);
            ApplyLocked(store, new StoreChange(ChangeKind.Added, stored, null, revision));
            return stored;
        }
    }

    /// <summary>Replaces an object.</summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="obj">
    /// The new state; the store works on a copy. uid and creationTimestamp are kept from the old one.
    /// </param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="subresource"><c>status</c> to change status only; null for everything.</param>
    /// <param name="dryRun">True to return what would be stored, and store nothing.</param>
    /// <exception cref="StatusException">
    /// 404 NotFound; 409 Conflict where resourceVersion or uid is given and is not the stored one.
    /// </exception>
    public StoredObject Update(GroupVersionResource gvr, JsonObject obj, string manager, string? subresource = null, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(obj);
        var copy = obj.DeepClone().AsObject();
        lock (_gate)
        {
            var store = Require(gvr);
            var metadata = Metadata(copy);
            var name = Text(metadata, "name");
            var old =
                store.Get(new ObjectKey(store.Type.Namespaced ? Text(metadata, "namespace") : "", name))
                ?? throw StatusException.NotFound(store.Type, name);
            return ReplaceLocked(store, old, old.ToJson(), copy, manager, subresource, dryRun);
        }
    }

    /// <summary>
    /// Reads, changes and writes an object in one step: no conflict is possible, and a change that changes nothing
    /// writes nothing.
    /// </summary>
    /// <param name="gvr">The resource.</param>
    /// <param name="key">The object.</param>
    /// <param name="change">
    /// Changes the graph it is given. Called under the store's lock: it must be quick, and must not call the store.
    /// </param>
    /// <param name="manager">The field manager to note.</param>
    /// <param name="subresource"><c>status</c> to change status only; null for everything.</param>
    /// <returns>The new state (the old one if nothing changed); null if the object does not exist.</returns>
    public StoredObject? Mutate(
        GroupVersionResource gvr,
        ObjectKey key,
        Action<JsonObject> change,
        string manager,
        string? subresource = null
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            var store = Require(gvr);
            if (store.Get(key) is not { } old)
            {
                return null;
            }

            var copy = old.ToJson();
            change(copy);
            Metadata(copy).Remove("resourceVersion");
            return ReplaceLocked(store, old, old.ToJson(), copy, manager, subresource, dryRun: false);
        }
    }

    /// <summary>
    /// As <see cref="Mutate"/>, but <paramref name="change"/> returns the new graph, which may carry managedFields of
    /// its own making (apply).
    /// </summary>
    internal StoredObject? Transform(
        GroupVersionResource gvr,
        ObjectKey key,
        Func<JsonObject, JsonObject> change,
        string manager,
        string? subresource,
        bool dryRun,
        bool ownsManagedFields
    )
    {
        lock (_gate)
        {
            var store = Require(gvr);
            return store.Get(key) is { } old
                ? ReplaceLocked(store, old, old.ToJson(), change(old.ToJson()), manager, subresource, dryRun, ownsManagedFields)
                : null;
        }
    }

    private StoredObject ReplaceLocked(
        TypeStore store,
        StoredObject old,
        JsonObject before,
        JsonObject after,
        string manager,
        string? subresource,
        bool dryRun,
        bool ownsManagedFields = false
    )
    {
        var type = store.Type;
        var (was, metadata) = (Metadata(before), Metadata(after));
        var given = Text(metadata, "resourceVersion");
        if (given.Length > 0 && given != Text(was, "resourceVersion"))
        {
            throw StatusException.Conflict(
                type,
                old.Key.Name,
                "the object has been modified; please apply your changes to the latest version and try again"
            );
        }

        if (Text(metadata, "uid") is { Length: > 0 } uid && uid != old.Uid)
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
            var fields = metadata["managedFields"]?.DeepClone();
            after.Remove("status");
            after = before.DeepClone().AsObject();
            Set(after, "status", status);
            metadata = Metadata(after);
            if (ownsManagedFields)
            {
                Set(metadata, "managedFields", fields);
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
            Set(metadata, kept, was[kept]?.DeepClone());
        }

        metadata.Remove("selfLink");
        Set(metadata, "resourceVersion", was["resourceVersion"]!.DeepClone());
        Front(type, after);
        var differs = ownsManagedFields || ManagedFields.Track(type, before, after, manager, subresource, Timestamp());

        if (ownsManagedFields ? JsonNode.DeepEquals(before, after) : !differs && SameButManagedFields(before, after))
        {
            return old;
        }

        if (type.HasGeneration && subresource != "status" && ContentChanged(before, after))
        {
            metadata["generation"] = ((long?)was["generation"]?.AsValue() ?? 0) + 1;
        }

        var revision = _revision + 1;
        metadata["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
        var stored = new StoredObject(type, ToBytes(after), revision);
        if (dryRun)
        {
            return stored;
        }

        _revision = revision;
        ApplyLocked(store, new StoreChange(ChangeKind.Modified, stored, old, revision));
        if (stored.IsDeleting && stored.Finalizers.Count == 0 && CanGo(stored))
        {
            RemoveLocked(store, stored);
        }

        return stored;
    }

    private void CheckNewLocked(TypeStore store, ObjectKey key)
    {
        var type = store.Type;
        if (type.Namespaced)
        {
            if (key.Namespace.Length == 0)
            {
                throw StatusException.BadRequest("an empty namespace may not be set during creation");
            }

            var ns =
                _types[BuiltInTypes.Namespaces.Gvr].Get(new ObjectKey("", key.Namespace))
                ?? throw StatusException.NotFound(BuiltInTypes.Namespaces, key.Namespace);
            if (ns.IsDeleting)
            {
                throw new StatusException(
                    403,
                    "Forbidden",
                    $"{type.Gvr.GroupResource} \"{key.Name}\" is forbidden: unable to create new content in namespace {key.Namespace} "
                        + $"because it is being terminated"
                )
                {
                    Name = key.Name,
                    Group = type.Group,
                    Kind = type.Plural,
                    Causes =
                    [
                        new StatusCause("NamespaceTerminating", $"namespace {key.Namespace} is being terminated", "metadata.namespace"),
                    ],
                };
            }
        }

        if (store.Get(key) is not null)
        {
            throw StatusException.AlreadyExists(type, key.Name);
        }
    }

    private void Name(TypeStore store, JsonObject metadata)
    {
        if (Text(metadata, "name").Length > 0)
        {
            return;
        }

        var prefix = Text(metadata, "generateName");
        if (prefix.Length == 0)
        {
            throw StatusException.Invalid(store.Type, "", StatusCause.Required("metadata.name", "name or generateName is required"));
        }

        string name;
        do
        {
            name = string.Concat(
                prefix.AsSpan(0, Math.Min(prefix.Length, 58)),
                string.Concat(Enumerable.Range(0, 5).Select(_ => NameAlphabet[_random.Next(NameAlphabet.Length)]))
            );
        } while (store.Get(new ObjectKey(store.Type.Namespaced ? Text(metadata, "namespace") : "", name)) is not null);

        metadata["name"] = name;
    }

    private static void NewNamespace(JsonObject obj, JsonObject metadata, string name)
    {
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        labels["kubernetes.io/metadata.name"] = name;
        obj["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        obj["status"] = new JsonObject { ["phase"] = "Active" };
    }

    /// <summary>Two lists may differ in order only: the whole is compared only if nothing else differs.</summary>
    private static bool SameButManagedFields(JsonObject before, JsonObject after)
    {
        var (left, right) = (before.DeepClone().AsObject(), after.DeepClone().AsObject());
        Metadata(left).Remove("managedFields");
        Metadata(right).Remove("managedFields");
        return JsonNode.DeepEquals(left, right);
    }

    private static bool ContentChanged(JsonObject before, JsonObject after) =>
        before
            .Select(p => p.Key)
            .Union(after.Select(p => p.Key))
            .Any(key => key is not ("metadata" or "status") && !JsonNode.DeepEquals(before[key], after[key]));

    /// <summary>Kind and apiVersion in front, as the real server writes objects.</summary>
    private static void Front(ResourceType type, JsonObject obj)
    {
        if (
            obj.Count > 1
            && obj.GetAt(0) is { Key: "kind" } kind
            && obj.GetAt(1).Key == "apiVersion"
            && (string?)kind.Value == type.Kind
            && (string?)obj["apiVersion"] == type.ApiVersion
        )
        {
            return;
        }

        obj.Remove("kind");
        obj.Remove("apiVersion");
        obj.Insert(0, "kind", type.Kind);
        obj.Insert(1, "apiVersion", type.ApiVersion);
    }

    private static JsonObject Metadata(JsonObject obj)
    {
        if (obj["metadata"] is not JsonObject metadata)
        {
            obj["metadata"] = metadata = [];
        }

        return metadata;
    }

    private static string Text(JsonObject obj, string key) =>
        obj[key] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static void Set(JsonObject obj, string key, JsonNode? value)
    {
        if (value is null)
        {
            obj.Remove(key);
        }
        else
        {
            obj[key] = value;
        }
    }

    internal static byte[] ToBytes(JsonObject obj) => obj.ToUtf8();
}
