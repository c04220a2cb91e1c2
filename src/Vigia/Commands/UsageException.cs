namespace Vigia.Commands;

/// <summary>What was asked cannot be: one sentence for the person who asked.</summary>
internal sealed class UsageException(string message) : Exception(message);
