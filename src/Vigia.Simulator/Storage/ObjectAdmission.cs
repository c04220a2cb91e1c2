using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Storage;

/// <summary>
/// Decides whether a new object may be created, and gives it a name and a uid. Under the store's lock.
/// </summary>
/// <param name="state">The state.</param>
/// <param name="seed">Decides uids and generated names, together with the order of the calls.</param>
internal sealed class ObjectAdmission(StoreState state, int seed)
{
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    private readonly Random _random = new(seed);

    /// <exception cref="StatusException">
    /// 409 AlreadyExists; 404 for a missing namespace; 403 while the namespace is being deleted; 400 without one.
    /// </exception>
    public void Check(TypeStore store, ObjectKey key)
    {
        if (store.Type.Namespaced)
        {
            CheckNamespace(store.Type, key);
        }

        if (store.Get(key) is not null)
        {
            throw StatusException.AlreadyExists(store.Type, key.Name);
        }
    }

    /// <summary>Makes a free name of <c>metadata.generateName</c> where <c>metadata.name</c> is missing.</summary>
    /// <exception cref="StatusException">422 without either.</exception>
    public void Name(TypeStore store, JsonObject metadata)
    {
        if (ObjectGraph.Text(metadata, "name").Length > 0)
        {
            return;
        }

        var prefix = ObjectGraph.Text(metadata, "generateName");
        if (prefix.Length == 0)
        {
            throw StatusException.Invalid(store.Type, "", StatusCause.Required("metadata.name", "name or generateName is required"));
        }

        var ns = store.Type.Namespaced ? ObjectGraph.Text(metadata, "namespace") : "";
        string name;
        do
        {
            name = string.Concat(
                prefix.AsSpan(0, Math.Min(prefix.Length, 58)),
                string.Concat(Enumerable.Range(0, 5).Select(_ => NameAlphabet[_random.Next(NameAlphabet.Length)]))
            );
        } while (store.Get(new ObjectKey(ns, name)) is not null);

        metadata["name"] = name;
    }

    public string NewUid()
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>The label, finalizer and phase of a new namespace.</summary>
    public static void DefaultNamespace(JsonObject obj, JsonObject metadata, string name)
    {
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        labels["kubernetes.io/metadata.name"] = name;
        obj["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        obj["status"] = new JsonObject { ["phase"] = "Active" };
    }

    private void CheckNamespace(ResourceType type, ObjectKey key)
    {
        if (key.Namespace.Length == 0)
        {
            throw StatusException.BadRequest("an empty namespace may not be set during creation");
        }

        var ns =
            state.Types.Namespaces.Get(new ObjectKey("", key.Namespace))
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
                Causes = [new StatusCause("NamespaceTerminating", $"namespace {key.Namespace} is being terminated", "metadata.namespace")],
            };
        }
    }
}
