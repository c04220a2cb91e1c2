using System.Diagnostics;

namespace Vigia.Testing;

/// <summary>Waits for a condition with a bound, instead of sleeping for a time that is hoped to be long enough.</summary>
public static class Eventually
{
    /// <summary>Returns as soon as <paramref name="condition"/> holds; throws with <paramref name="what"/> after <paramref name="within"/> (default 15 s).</summary>
    public static async Task TrueAsync(Func<bool> condition, string what, TimeSpan? within = null, CancellationToken cancellationToken = default)
        => await TrueAsync(() => Task.FromResult(condition()), what, within, cancellationToken);

    /// <summary>Returns as soon as <paramref name="condition"/> holds; throws with <paramref name="what"/> after <paramref name="within"/> (default 15 s).</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        var limit = within ?? TimeSpan.FromSeconds(15);
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit)
            {
                throw new TimeoutException($"not true within {limit.TotalSeconds:0.#} s: {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
        }
    }
}
