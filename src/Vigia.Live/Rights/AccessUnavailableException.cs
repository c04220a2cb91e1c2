namespace Vigia.Live.Rights;

/// <summary>The caller cannot be authenticated or authorized now, so nothing is shown. Becomes a 503.</summary>
public class AccessUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The cluster, the reason, and what to do.</param>
    /// <param name="inner">The cause.</param>
    public AccessUnavailableException(string message, Exception? inner = null)
        : base(message, inner) { }
}
