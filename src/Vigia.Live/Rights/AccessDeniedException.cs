namespace Vigia.Live.Rights;

/// <summary>The caller is known and lacks a right. Becomes a 403.</summary>
/// <param name="message">Who may not do what where, and what to ask for.</param>
public sealed class AccessDeniedException(string message) : Exception(message);
