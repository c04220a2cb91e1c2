using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Vigia.Simulator.Ownership;

/// <summary>
/// A set of field paths, as managedFields' <c>fieldsV1</c> writes it: <c>f:name</c>, <c>k:{"name":"x"}</c>,
/// <c>v:"x"</c>, and <c>.</c> for the item itself.
/// </summary>
/// <remarks>
/// A write touches a few paths of a set of hundreds. So a set that was read is taken apart one level at a time, where
/// it is looked into, and the rest is written as the bytes that were read.
/// </remarks>
internal sealed class FieldSet
{
    private static readonly SortedDictionary<string, FieldSet> None = new(StringComparer.Ordinal);

    private JsonElement _unread; // undefined once it has been taken apart
    private SortedDictionary<string, FieldSet>? _children;
    private bool _isMember;

    public FieldSet() { }

    private FieldSet(JsonElement unread) => _unread = unread;

    /// <summary>True if the path that ends here belongs to the set.</summary>
    public bool IsMember
    {
        get
        {
            TakeApart();
            return _isMember;
        }
        set
        {
            TakeApart();
            _isMember = value;
        }
    }

    public bool IsEmpty => _unread.ValueKind != JsonValueKind.Object && !IsMember && Children.Count == 0;

    private SortedDictionary<string, FieldSet> Children
    {
        get
        {
            TakeApart();
            return _children ?? None;
        }
    }

    public FieldSet GetOrAdd(string step)
    {
        if (!Children.TryGetValue(step, out var child))
        {
            Set(step, child = new FieldSet());
        }

        return child;
    }

    /// <summary>Every leaf of an object: what its author owns.</summary>
    public static FieldSet Of(JsonElement node, bool custom)
    {
        var set = new FieldSet();
        set.AddAll(node, "", custom);
        set.IsMember = false; // an object without a field of its own is nobody's
        return set;
    }

    /// <summary>Adds every leaf of a value.</summary>
    /// <param name="node">The value.</param>
    /// <param name="field">The name of the field that holds it; empty for a list's item.</param>
    /// <param name="custom">True for a custom resource.</param>
    public void AddAll(JsonElement node, string field, bool custom)
    {
        // Selectors are atomic maps of the API.
        if (node.ValueKind == JsonValueKind.Object && node.GetPropertyCount() > 0 && field is not ("selector" or "nodeSelector"))
        {
            foreach (var property in node.EnumerateObject())
            {
                var key = property.Name;
                GetOrAdd("f:" + key).AddAll(property.Value, key, custom);
            }
        }
        else if (node.ValueKind == JsonValueKind.Array && ListKeys.Items(node, field, custom) is { } items)
        {
            foreach (var (step, item) in items)
            {
                var child = GetOrAdd(step);
                child.IsMember = true;
                if (item.ValueKind == JsonValueKind.Object)
                {
                    child.AddAll(item, "", custom);
                }
            }
        }
        else
        {
            IsMember = true;
        }
    }

    /// <summary>Adds a child and keeps it: it must not be used elsewhere afterwards.</summary>
    public void Put(string step, FieldSet child)
    {
        if (child.IsEmpty)
        {
            return;
        }

        if (Children.TryGetValue(step, out var mine))
        {
            mine.Add(child);
        }
        else
        {
            Set(step, child);
        }
    }

    public void Add(FieldSet other)
    {
        IsMember |= other.IsMember;
        foreach (var (step, child) in other.Children)
        {
            GetOrAdd(step).Add(child);
        }
    }

    /// <summary>Takes out every path of <paramref name="other"/>.</summary>
    public void Subtract(FieldSet other)
    {
        IsMember &= !other.IsMember;
        foreach (var (step, child) in other.Children)
        {
            if (Children.TryGetValue(step, out var mine))
            {
                mine.Subtract(child);
                if (mine.IsEmpty)
                {
                    Children.Remove(step);
                }
            }
        }
    }

    public bool Contains(IReadOnlyList<string> path)
    {
        var node = this;
        foreach (var step in path)
        {
            if (!node.Children.TryGetValue(step, out node!))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Every member's path.</summary>
    public IEnumerable<string[]> Paths() => Paths([]);

    /// <summary>Reads a <c>fieldsV1</c>. The element must stay readable as long as the set.</summary>
    /// <param name="fieldsV1">The JSON; anything but an object is an empty set.</param>
    /// <param name="isSorted">True if <see cref="WriteTo"/> wrote it: its bytes can be written again.</param>
    public static FieldSet Read(JsonElement fieldsV1, bool isSorted)
    {
        var set = new FieldSet(fieldsV1);
        if (!isSorted)
        {
            set.TakeAllApart();
        }

        return set;
    }

    /// <summary>Writes the set as <c>fieldsV1</c>, its steps in ordinal order.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        if (_unread.ValueKind == JsonValueKind.Object)
        {
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(_unread), skipInputValidation: true);
            return;
        }

        writer.WriteStartObject();
        if (Children.Count > 0)
        {
            if (IsMember)
            {
                writer.WriteStartObject("."u8);
                writer.WriteEndObject();
            }

            foreach (var (step, child) in Children)
            {
                writer.WritePropertyName(step);
                child.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>True if both hold the same paths. Both must have been made, or read without <c>isSorted</c>.</summary>
    public bool IsSame(FieldSet other) => ToUtf8().SequenceEqual(other.ToUtf8());

    private ReadOnlySpan<byte> ToUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteTo(writer);
        }

        return buffer.WrittenSpan;
    }

    private void Set(string step, FieldSet child) => (_children ??= new(StringComparer.Ordinal))[step] = child;

    private void TakeApart()
    {
        if (_unread.ValueKind == JsonValueKind.Undefined)
        {
            return;
        }

        var json = _unread;
        _unread = default;
        if (json.ValueKind == JsonValueKind.Object)
        {
            _isMember = json.GetPropertyCount() == 0 || json.TryGetProperty("."u8, out _);
            foreach (var property in json.EnumerateObject())
            {
                if (!property.NameEquals("."u8))
                {
                    Set(property.Name, new FieldSet(property.Value));
                }
            }
        }
    }

    private void TakeAllApart()
    {
        foreach (var child in Children.Values)
        {
            child.TakeAllApart();
        }
    }

    private IEnumerable<string[]> Paths(string[] front)
    {
        if (IsMember)
        {
            yield return front;
        }

        foreach (var (step, child) in Children)
        {
            foreach (var path in child.Paths([.. front, step]))
            {
                yield return path;
            }
        }
    }
}
