namespace Vigia.Kubernetes.Protobuf;

/// <summary>The type of a field, and so its form in JSON.</summary>
internal enum FieldKind
{
    /// <summary>Left out whole: the managedFields of an object itself.</summary>
    Skip,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A number of up to 64 bits.</summary>
    Integer,

    /// <summary>A flag.</summary>
    Truth,

    /// <summary>Bytes, base64 in JSON.</summary>
    Bytes,

    /// <summary>A message with a table of its own.</summary>
    Message,

    /// <summary><c>resource.Quantity</c>: its text.</summary>
    Quantity,

    /// <summary><c>metav1.Time</c>: RFC 3339 in whole seconds.</summary>
    Time,

    /// <summary><c>metav1.MicroTime</c>: RFC 3339 with six digits.</summary>
    MicroTime,

    /// <summary><c>intstr.IntOrString</c>.</summary>
    IntOrString,

    /// <summary>A message whose one field is JSON (FieldsV1, RawExtension).</summary>
    Json,
}

/// <summary>How often a field occurs, and as what.</summary>
internal enum FieldShape
{
    /// <summary>Once.</summary>
    Single,

    /// <summary>An array.</summary>
    List,

    /// <summary>An object, by string.</summary>
    Map,

    /// <summary>A message whose members are its parent's in JSON.</summary>
    Inline,
}
