using System.Text.Json.Serialization.Metadata;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>An object and, on first use, its typed form.</summary>
/// <remarks>
/// <b>Guarantees.</b> Deserialised at the first read of <see cref="Value"/>, and kept as long as this object.
/// Thread-safe.
/// </remarks>
/// <typeparam name="T">The type.</typeparam>
public sealed class TypedObject<T>
    where T : class
{
    private readonly JsonTypeInfo<T> _typeInfo;
    private T? _value;

    /// <summary>Pairs an object with its type.</summary>
    public TypedObject(RawObject raw, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(typeInfo);
        (Raw, _typeInfo) = (raw, typeInfo);
    }

    /// <summary>The object itself: its name, labels and owners cost nothing.</summary>
    public RawObject Raw { get; }

    /// <summary>Namespace and name.</summary>
    public ObjectKey Key => Raw.Key;

    /// <summary>The typed form.</summary>
    /// <exception cref="ObjectFormatException">The object does not fit the type.</exception>
    public T Value => _value ??= Raw.As(_typeInfo);

    /// <inheritdoc/>
    public override string ToString() => Raw.ToString();
}
