namespace Vigia.Live.Rights;

/// <summary>The caller is known and lacks a right. Becomes a 403.</summary>
/// <param name="message">The caller, the denied verb and place, and the role to request.</param>
public sealed class AccessDeniedException(string message) : Exception(message);
