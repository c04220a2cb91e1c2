using System.Text.Json.Serialization.Metadata;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// A handler from typed functions (see <see cref="ResourceEventHandlerFuncs"/>); missing ones do nothing and cost
/// nothing.
/// </summary>
/// <remarks>
/// An object is deserialised when a function reads its <see cref="TypedObject{T}.Value"/>. An object that does not fit
/// the type throws there, out of the function: the failure is logged and counted
/// (<see cref="InformerCounters.HandlerFailures"/>), this handler misses that change, and the next one is delivered.
/// </remarks>
/// <typeparam name="T">The type.</typeparam>
public sealed class TypedEventHandlerFuncs<T>
    where T : class
{
    /// <summary>A new object; the flag is true for the first list and the replay to a late handler.</summary>
    public Action<TypedObject<T>, bool>? OnAdd { get; init; }

    /// <summary>
    /// A new version; the old one is null if steps were folded, and the same as the new one in a resync.
    /// </summary>
    public Action<TypedObject<T>?, TypedObject<T>>? OnUpdate { get; init; }

    /// <summary>
    /// A deleted object's last known state; the flag is true if that may be stale, and the body may then be missing.
    /// </summary>
    public Action<TypedObject<T>, bool>? OnDelete { get; init; }

    /// <summary>
    /// The server was restored to an older state: drop everything derived from earlier calls; the new state follows as
    /// additions.
    /// </summary>
    public Action? OnReset { get; init; }

    /// <summary>The handler for an informer.</summary>
    public IResourceEventHandler With(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return new Handler(this, typeInfo);
    }

    private sealed class Handler(TypedEventHandlerFuncs<T> functions, JsonTypeInfo<T> typeInfo) : IResourceEventHandler
    {
        public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            switch (delta.Kind)
            {
                case DeltaKind.Added:
                    functions.OnAdd?.Invoke(Typed(delta.New!), delta.IsInInitialList);
                    break;
                case DeltaKind.Updated:
                    functions.OnUpdate?.Invoke(delta.OldAs(typeInfo), Typed(delta.New!));
                    break;
                default:
                    functions.OnDelete?.Invoke(Typed(delta.Old!), delta.IsFinalStateUnknown || delta.IsFolded);
                    break;
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask ResetAsync(CancellationToken cancellationToken)
        {
            functions.OnReset?.Invoke();
            return ValueTask.CompletedTask;
        }

        private TypedObject<T> Typed(RawObject o) => new(o, typeInfo);
    }
}
