namespace Vigia.Kubernetes.Protobuf;

/// <summary>The fields of one protobuf message by number. Immutable once it is filled.</summary>
internal sealed class MessageTable(string name)
{
    private MessageField?[] _fields = [];

    /// <summary>As builtin.fields has it: <c>core/v1.Pod</c>.</summary>
    public string Name => name;

    /// <summary>Fields that JSON has as null even if the wire does not have them; bits by number.</summary>
    public ulong Required { get; private set; }

    /// <summary>All of them.</summary>
    public IEnumerable<MessageField> Fields => _fields.OfType<MessageField>();

    /// <summary>The field of that number; null if it is unknown.</summary>
    public MessageField? this[int number] => (uint)number < (uint)_fields.Length ? _fields[number] : null;

    /// <summary>Sets its fields.</summary>
    public void Fill(IReadOnlyList<MessageField> fields)
    {
        var byNumber = new MessageField?[fields.Max(field => field.Number) + 1];
        foreach (var field in fields)
        {
            byNumber[field.Number] = field;
            Required |= field.Required ? 1UL << field.Number : 0;
        }

        _fields = byNumber;
    }
}
