namespace Vigia.Kubernetes;

/// <summary>Bytes that are not a valid Kubernetes object: the message has the error and its byte offset.</summary>
public sealed class ObjectFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public ObjectFormatException(string message, Exception? inner = null)
        : base(message, inner) { }
}
