namespace Vigia.Gateway.Access;

/// <summary>A file of tokens cannot be read or understood.</summary>
/// <param name="message">Names the file, the line, the error, and the expected form; never a token.</param>
public sealed class TokenFileException(string message) : Exception(message);
