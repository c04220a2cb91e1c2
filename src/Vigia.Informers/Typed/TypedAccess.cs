using System.Text.Json.Serialization.Metadata;

namespace Vigia.Informers;

/// <summary>Typed views of an informer, by <see cref="JsonTypeInfo{T}"/>.</summary>
public static class TypedAccess
{
    /// <summary>A lister that returns typed objects; see <see cref="TypedLister{T}"/> for the cost.</summary>
    public static TypedLister<T> As<T>(this Lister lister, JsonTypeInfo<T> typeInfo)
        where T : class => new(lister, typeInfo);

    /// <summary>A lister over all namespaces that hands out a type.</summary>
    public static TypedLister<T> As<T>(this Store store, JsonTypeInfo<T> typeInfo)
        where T : class => new(new Lister(store), typeInfo);

    /// <summary>The previous version; null if there is none, or if steps were folded.</summary>
    public static TypedObject<T>? OldAs<T>(this Delta delta, JsonTypeInfo<T> typeInfo)
        where T : class => delta is { Old: { } old } ? new(old, typeInfo) : null;

    /// <summary>The version after; null for a deletion.</summary>
    public static TypedObject<T>? NewAs<T>(this Delta delta, JsonTypeInfo<T> typeInfo)
        where T : class => delta is { New: { } current } ? new(current, typeInfo) : null;

    /// <summary>
    /// Adds a typed handler; see <see cref="SharedInformer.AddHandler(IResourceEventHandler, TimeSpan?)"/>.
    /// </summary>
    public static HandlerRegistration AddHandler<T>(
        this SharedInformer informer,
        JsonTypeInfo<T> typeInfo,
        TypedEventHandlerFuncs<T> functions,
        TimeSpan? resync = null
    )
        where T : class
    {
        ArgumentNullException.ThrowIfNull(informer);
        ArgumentNullException.ThrowIfNull(functions);
        return informer.AddHandler(functions.With(typeInfo), resync);
    }
}
