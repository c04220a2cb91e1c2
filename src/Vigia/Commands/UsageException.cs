namespace Vigia.Commands;

/// <summary>A usage error: one sentence for the user.</summary>
internal sealed class UsageException(string message) : Exception(message);
