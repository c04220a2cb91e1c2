namespace Vigia.Testing;

/// <summary>Code that never comes back by itself, as a server or a handler of a user may not.</summary>
public static class Hanging
{
    /// <summary>Ends only with the token, as cancelled. No clock is involved.</summary>
    /// <exception cref="OperationCanceledException">The token ended.</exception>
    public static Task UntilCancelledAsync(CancellationToken cancellationToken) =>
        new TaskCompletionSource().Task.WaitAsync(cancellationToken);
}
