namespace Vigia.Kubernetes.Protobuf;

/// <summary>One field of a message.</summary>
/// <param name="Number">On the wire.</param>
/// <param name="Name">
/// The JSON member with its quotes, its colon and a comma in front, padded to whole blocks of 32 bytes.
/// </param>
/// <param name="NameLength">Without the padding.</param>
/// <param name="Kind">Of the value, or of a list's or a map's values.</param>
/// <param name="Shape">Single, list, map or inlined.</param>
/// <param name="Keep">Written even if it is empty: a pointer, or not omitempty.</param>
/// <param name="Required">Not omitempty, and nil in Go if it is not on the wire: then JSON has a null.</param>
/// <param name="Message">For messages, their table.</param>
internal sealed record MessageField(
    int Number,
    byte[] Name,
    int NameLength,
    FieldKind Kind,
    FieldShape Shape,
    bool Keep,
    bool Required,
    MessageTable? Message
)
{
    /// <summary>
    /// Constant members at the start of each element: the claims of a StatefulSet have a kind and an apiVersion in
    /// JSON, which the server adds and protobuf has no fields for (kubernetes/kubernetes issue 87583).
    /// </summary>
    public byte[] Front { get; } =
        Shape == FieldShape.List && Message?.Name == "core/v1.PersistentVolumeClaim"
            ? "\"kind\":\"PersistentVolumeClaim\",\"apiVersion\":\"v1\""u8.ToArray()
            : [];

    /// <summary>Its wire type: 0 a varint, 2 bytes.</summary>
    public int WireType { get; } = Shape != FieldShape.Map && Kind is FieldKind.Integer or FieldKind.Truth ? 0 : 2;
}
