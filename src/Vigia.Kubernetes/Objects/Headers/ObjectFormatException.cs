namespace Vigia.Kubernetes;

/// <summary>
/// Bytes that should have been a Kubernetes object are not: the message says what is wrong and where (a byte offset).
/// </summary>
public sealed class ObjectFormatException : FormatException
{
    /// <summary>Makes the exception.</summary>
    public ObjectFormatException(string message, Exception? inner = null)
        : base(message, inner) { }
}
