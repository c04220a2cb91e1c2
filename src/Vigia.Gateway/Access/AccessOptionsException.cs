namespace Vigia.Gateway.Access;

/// <summary>What was said about access would leave a gateway open, or contradicts itself.</summary>
/// <param name="message">Every fault, each with what to do.</param>
public sealed class AccessOptionsException(string message) : Exception(message);
