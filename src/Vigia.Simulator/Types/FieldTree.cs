using System.Text;

namespace Vigia.Simulator.Types;

/// <summary>
/// The selectable field paths of a type as a tree, so that one pass over an object's bytes picks all of them up.
/// </summary>
internal sealed class FieldTree
{
    private readonly List<FieldTree> _children = [];
    private readonly byte[] _name;

    public FieldTree(IReadOnlyList<string> paths)
        : this("")
    {
        Count = paths.Count;
        for (var slot = 0; slot < paths.Count; slot++)
        {
            var node = this;
            foreach (var part in paths[slot].Split('.'))
            {
                var child = node._children.Find(c => Encoding.UTF8.GetString(c._name) == part);
                if (child is null)
                {
                    child = new FieldTree(part);
                    node._children.Add(child);
                }

                node = child;
            }

            node.Slot = slot;
        }
    }

    private FieldTree(string name) => _name = Encoding.UTF8.GetBytes(name);

    /// <summary>No paths.</summary>
    public static FieldTree None { get; } = new([]);

    public int Count { get; }

    /// <summary>The index of the path that ends here; -1 where none does.</summary>
    public int Slot { get; private set; } = -1;

    /// <summary>The child that the property under the reader names; null if no path goes there.</summary>
    public FieldTree? Child(ref System.Text.Json.Utf8JsonReader reader)
    {
        foreach (var child in _children)
        {
            if (reader.ValueTextEquals(child._name))
            {
                return child;
            }
        }

        return null;
    }
}
