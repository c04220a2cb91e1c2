using System.Diagnostics;

namespace Vigia.Testing;

/// <summary>
/// Waits for a condition with a bound, instead of sleeping for a time that is hoped to be long enough.
/// </summary>
public static class Eventually
{
    /// <summary>Returns as soon as a condition holds; throws after a while.</summary>
    /// <param name="condition">Looked at every few milliseconds.</param>
    /// <param name="what">What is waited for: it is made before the wait.</param>
    /// <param name="within">How long at most; 15 s where nothing is said.</param>
    /// <param name="saw">What there is instead: made when the wait is over.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">It never held.</exception>
    public static async Task TrueAsync(
        Func<bool> condition,
        string what,
        TimeSpan? within = null,
        Func<string>? saw = null,
        CancellationToken cancellationToken = default
    ) => await TrueAsync(() => Task.FromResult(condition()), what, within, saw, cancellationToken);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?, Func{string}?, CancellationToken)"/>
    public static async Task TrueAsync(
        Func<Task<bool>> condition,
        string what,
        TimeSpan? within = null,
        Func<string>? saw = null,
        CancellationToken cancellationToken = default
    )
    {
        var limit = within ?? TimeSpan.FromSeconds(15);
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit)
            {
                throw new TimeoutException($"not true within {limit.TotalSeconds:0.#} s: {what}{(saw is null ? "" : $"; saw {saw()}")}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }
}
