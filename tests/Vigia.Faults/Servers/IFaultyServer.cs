using Vigia.Faults.Checking;

namespace Vigia.Faults.Servers;

/// <summary>An API server that can be broken, and whose true history is known.</summary>
internal interface IFaultyServer : IAsyncDisposable
{
    /// <summary>What it is, for reports.</summary>
    string Name { get; }

    /// <summary>The namespace that is written to.</summary>
    string Namespace { get; }

    /// <summary>Where it listens.</summary>
    Uri Address { get; }

    /// <summary>The authority that signed its certificate, as it is now.</summary>
    string AuthorityPem { get; }

    /// <summary>What really happened to the pods of <see cref="Namespace"/>.</summary>
    Truth Truth { get; }

    /// <summary>
    /// The token of a user: <c>gateway</c>, <c>admin</c> or <c>reader</c>; another one after <see cref="ExpireAsync"/>.
    /// </summary>
    string TokenOf(string user);

    /// <summary>
    /// Makes, changes (<paramref name="sequence"/>) or deletes (null) a pod; true where the server has done so.
    /// </summary>
    Task<bool> WriteAsync(string name, bool exists, long? sequence, CancellationToken cancellationToken);

    /// <summary>The process dies.</summary>
    Task KillAsync();

    /// <summary>It runs again, on the same data.</summary>
    Task StartAsync();

    /// <summary>It does nothing any more, and closes nothing.</summary>
    Task HangAsync();

    /// <summary>It goes on.</summary>
    Task WakeAsync();

    /// <summary>Remembers the data as they are.</summary>
    Task BackUpAsync();

    /// <summary>Ends, puts the data back, and starts: revisions count from there again.</summary>
    Task RestoreAsync();

    /// <summary>
    /// Forgets the history up to the newest write to <see cref="Namespace"/>, as etcd's compaction does.
    /// </summary>
    Task CompactAsync();

    /// <summary>A user's token is accepted no more; <see cref="TokenOf"/> has another from now on.</summary>
    Task ExpireAsync(string user);

    /// <summary>A user may no longer list or watch pods, or may again.</summary>
    Task SetRightsAsync(string user, bool has);

    /// <summary>It shows another certificate, of another authority.</summary>
    Task ChangeCertificateAsync();
}
