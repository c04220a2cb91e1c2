using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Vigia.Gateway.Access;

/// <summary>Bearer tokens from a file, which is read again when it changes.</summary>
/// <remarks>
/// <b>Guarantees.</b> Tokens are kept as digests, and all are compared with each request, in constant time. A file that
/// becomes unreadable or invalid changes nothing and is logged; a removed token ends its open streams. Thread-safe.
/// </remarks>
internal sealed partial class TokenFileAuthenticator : IAuthenticator
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly FailureBudget _failures;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private byte[] _read;
    private volatile Known[] _known;
    private ITimer? _timer;
    private string? _complaint;

    private TokenFileAuthenticator(string path, byte[] read, Known[] known, FailureBudget failures, TimeProvider time, ILogger logger) =>
        (_path, _read, _known, _failures, _time, _logger) = (path, read, known, failures, time, logger);

    /// <summary>Reads the file.</summary>
    /// <exception cref="TokenFileException">It cannot be read or understood: names file and line.</exception>
    public static TokenFileAuthenticator Open(string path, FailureBudget failures, TimeProvider time, ILogger logger)
    {
        var read = TokenFile.Read(path);
        return new(path, read, Merge([], TokenFile.Parse(path, read)), failures, time, logger);
    }

    public void Start() => _timer ??= _time.CreateTimer(_ => Reload(), null, Look, Look);

    public ValueTask<Authentication> AuthenticateAsync(PresentedToken presented, CancellationToken cancellationToken)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented.Token), digest);
        Known? found = null;
        foreach (var known in _known)
        {
            // To the end, whatever was found: how long it takes says nothing.
            found = CryptographicOperations.FixedTimeEquals(known.Entry.Digest, digest) ? known : found;
        }

        if (found is not null)
        {
            return ValueTask.FromResult(Authentication.Of(found.Caller));
        }

        var mayTry = _failures.MayTry(presented.Address);
        _failures.Failed(presented.Address);
        return ValueTask.FromResult(
            mayTry ? Authentication.Refused("the token is not in this gateway's token file") : Authentication.TooMany()
        );
    }

    /// <summary>Reads the file again if it is another; called by a timer.</summary>
    public void Reload()
    {
        Known[] gone;
        lock (_gate)
        {
            try
            {
                var read = TokenFile.Read(_path);
                if (read.AsSpan().SequenceEqual(_read))
                {
                    return;
                }

                var next = Merge(_known, TokenFile.Parse(_path, read));
                gone = [.. _known.Where(known => !next.Any(other => ReferenceEquals(other.Caller, known.Caller)))];
                _known = next;
                CryptographicOperations.ZeroMemory(_read);
                _read = read;
                _complaint = null;
                LogRead(_path, next.Length);
            }
            catch (TokenFileException wrong)
            {
                if (_complaint != wrong.Message)
                {
                    _complaint = wrong.Message;
                    LogKept(wrong.Message);
                }

                return;
            }
        }

        foreach (var known in gone)
        {
            known.Caller.End();
        }
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Unchanged entries keep their caller, and with it open streams.</summary>
    private static Known[] Merge(Known[] before, IReadOnlyList<TokenEntry> entries) =>
        [
            .. entries.Select(entry =>
                before.FirstOrDefault(known => known.Entry.IsSame(entry))
                ?? new Known(entry, new Caller(entry.User, entry.Uid, entry.Groups, entry.Rights()))
            ),
        ];

    [LoggerMessage(3062, LogLevel.Information, "Token file {File} reloaded: {Count} tokens")]
    private partial void LogRead(string file, int count);

    [LoggerMessage(3063, LogLevel.Error, "Token file not reloaded; the previous tokens stay valid: {Reason}")]
    private partial void LogKept(string reason);

    private sealed record Known(TokenEntry Entry, Caller Caller);
}
