namespace Vigia.Gateway.Hosting;

/// <summary>TLS from files.</summary>
public sealed record TlsOptions
{
    /// <summary>The certificate in PEM, the server's own first, then those between it and the root.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The key in PEM, not encrypted.</summary>
    public required string KeyFile { get; init; }

    /// <summary>How often the files are looked at for a change. Default 5 s.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(5);
}
