namespace Vigia.Gateway.Tests.Access;

/// <summary>Counts what an API server is asked about callers; give <see cref="Hear"/> to the simulator.</summary>
internal sealed class ReviewCount
{
    private int _tokens;
    private int _rights;
    private int _cycle;
    private int _lastCycle;
    private int _largestCycle;

    /// <summary>TokenReviews.</summary>
    public int Tokens => Volatile.Read(ref _tokens);

    /// <summary>SubjectAccessReviews.</summary>
    public int Rights => Volatile.Read(ref _rights);

    /// <summary>
    /// SubjectAccessReviews between the last two TokenReviews: with one caller what one refresh costs.
    /// </summary>
    public int LastCycle => Volatile.Read(ref _lastCycle);

    /// <summary>The most of these.</summary>
    public int LargestCycle => Volatile.Read(ref _largestCycle);

    public void Hear(string method, string target)
    {
        if (target.Contains("tokenreviews", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _tokens);
            var cycle = Interlocked.Exchange(ref _cycle, 0);
            Volatile.Write(ref _lastCycle, cycle);
            Volatile.Write(ref _largestCycle, Math.Max(cycle, LargestCycle));
        }
        else if (target.Contains("subjectaccessreviews", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _rights);
            Interlocked.Increment(ref _cycle);
        }
    }

    public void Clear()
    {
        (_tokens, _rights, _cycle, _lastCycle, _largestCycle) = (0, 0, 0, 0, 0);
    }
}
