namespace Vigia.Gateway.Hosting;

/// <summary>A certificate or key cannot be used.</summary>
/// <param name="message">Names the file, the error, and the expected form.</param>
/// <param name="inner">The cause.</param>
public sealed class TlsException(string message, Exception? inner = null) : Exception(message, inner);
