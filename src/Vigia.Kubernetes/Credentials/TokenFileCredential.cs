namespace Vigia.Kubernetes.Credentials;

/// <summary>
/// A bearer token in a file that is renewed by another process: read again each minute, and at once when the server
/// refuses it (client-go's cachingTokenSource).
/// </summary>
internal sealed class TokenFileCredential(string path, Credential? certificate, TimeProvider time) : ICredentialSource
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Credential? _current;
    private long _readAt;

    public ValueTask<Credential> GetAsync(bool refresh, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_current is null || refresh || time.GetElapsedTime(_readAt) >= Period)
            {
                var header = "Bearer " + Read();
                _readAt = time.GetTimestamp();
                _current =
                    _current?.AuthorizationHeader == header
                        ? _current
                        : (certificate ?? Credential.None) with
                        {
                            AuthorizationHeader = header,
                        };
            }

            return ValueTask.FromResult(_current);
        }
    }

    private string Read()
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            return token.Length > 0 ? token : throw new CredentialException($"the token file {path} is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CredentialException($"the token file {path} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
    }
}
