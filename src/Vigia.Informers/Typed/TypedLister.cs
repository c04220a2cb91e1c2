using System.Text.Json.Serialization.Metadata;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>Reads a store as a type: <c>informer.Store.As(MyJson.Default.Deployment)</c>.</summary>
/// <remarks>
/// <b>Guarantees.</b> As <see cref="Lister"/>. The store keeps bytes: an object is deserialised each time it is
/// returned. That is the whole cost. Select by name, namespace or label first (which is free) and deserialise the
/// result.
/// </remarks>
/// <typeparam name="T">The type.</typeparam>
/// <param name="Lister">The lister it reads through.</param>
/// <param name="TypeInfo">How to read an object.</param>
public sealed record TypedLister<T>(Lister Lister, JsonTypeInfo<T> TypeInfo)
    where T : class
{
    /// <summary>One object by name, or null.</summary>
    /// <exception cref="InvalidOperationException">
    /// The lister spans namespaces: call <see cref="InNamespace"/>, or pass a key.
    /// </exception>
    /// <exception cref="ObjectFormatException">The object does not fit the type.</exception>
    public T? Get(string name) => Lister.Get(name)?.As(TypeInfo);

    /// <summary>One object by key, or null.</summary>
    /// <exception cref="ObjectFormatException">The object does not fit the type.</exception>
    public T? Get(ObjectKey key) => Lister.Store.Get(key)?.As(TypeInfo);

    /// <summary>All objects of this moment, deserialised one by one while they are enumerated.</summary>
    /// <exception cref="ObjectFormatException">While enumerating: an object does not fit the type.</exception>
    public IEnumerable<T> List() => Each(Lister.List());

    /// <summary>The objects of this moment whose labels match; the others are not deserialised.</summary>
    /// <exception cref="ObjectFormatException">While enumerating: an object does not fit the type.</exception>
    public IEnumerable<T> List(Func<LabelSet, bool> labels) => Each(Lister.List(labels));

    /// <summary>The objects under an index value; the others are not deserialised.</summary>
    /// <exception cref="ArgumentException">No such index.</exception>
    /// <exception cref="ObjectFormatException">While enumerating: an object does not fit the type.</exception>
    public IEnumerable<T> ByIndex(string index, string value) => Each(Lister.Store.ByIndex(index, value));

    /// <summary>The same resource in one namespace.</summary>
    public TypedLister<T> InNamespace(string ns) => this with { Lister = Lister.InNamespace(ns) };

    private IEnumerable<T> Each(IReadOnlyList<RawObject> objects)
    {
        foreach (var o in objects)
        {
            yield return o.As(TypeInfo);
        }
    }
}
