namespace Vigia.Gateway.Access;

/// <summary>The access options contradict each other, or would leave a gateway open to everyone.</summary>
/// <param name="message">Every fault, each with what to do.</param>
public sealed class AccessOptionsException(string message) : Exception(message);
