namespace Vigia.Gateway.Access;

/// <summary>A caller: a user authenticated by a token, or anonymous without authentication.</summary>
/// <remarks>
/// <b>Guarantees.</b> One object per token for as long as the token is cached, so per-caller state (limits, rights) can
/// be keyed by it. Thread-safe.
/// </remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The source has no timer and no handle; it lives as long as its last request, which nobody counts."
)]
public sealed class Caller
{
    private readonly CancellationTokenSource _ended = new();
    private int _open;

    internal Caller(string name, string uid, IReadOnlyList<string> groups, CallerRights rights) =>
        (Name, Uid, Groups, Rights) = (name, uid, groups, rights);

    /// <summary>The anonymous caller of a gateway without authentication: sees everything.</summary>
    public static Caller Anybody { get; } = new("anonymous", "", [], CallerRights.Everything);

    /// <summary>The user's name.</summary>
    public string Name { get; }

    /// <summary>
    /// The cluster that authenticated the user; empty if users are the gateway's own. The same name in another cluster
    /// is another user.
    /// </summary>
    public string Realm { get; init; } = "";

    /// <summary>Equal for requests of the same user: limits are kept by it.</summary>
    internal string Identity => Realm.Length == 0 ? Name : $"{Realm}/{Name}";

    /// <summary>The user's uid; may be empty.</summary>
    public string Uid { get; }

    /// <summary>The user's groups.</summary>
    public IReadOnlyList<string> Groups { get; }

    /// <summary>The caller's rights.</summary>
    internal CallerRights Rights { get; }

    /// <summary>Ends when the token is no longer good: streams opened by it end then.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Requests and streams of the caller that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    internal int Enter() => Interlocked.Increment(ref _open);

    internal void Leave() => Interlocked.Decrement(ref _open);

    internal void End() => _ended.Cancel();
}
