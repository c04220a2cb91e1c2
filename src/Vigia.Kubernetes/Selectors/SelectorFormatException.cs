namespace Vigia.Kubernetes;

/// <summary>A selector cannot be understood: the message says why and where.</summary>
public sealed class SelectorFormatException : FormatException
{
    /// <summary>Makes the exception.</summary>
    public SelectorFormatException(string message)
        : base(message) { }
}
