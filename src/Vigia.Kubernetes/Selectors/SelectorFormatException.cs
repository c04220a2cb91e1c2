namespace Vigia.Kubernetes;

/// <summary>An invalid selector: the message has the error and its position.</summary>
public sealed class SelectorFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public SelectorFormatException(string message)
        : base(message) { }
}
