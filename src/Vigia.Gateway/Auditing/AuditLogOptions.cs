namespace Vigia.Gateway.Auditing;

/// <summary>The audit log of requests.</summary>
public sealed record AuditLogOptions
{
    /// <summary>The file; <c>-</c> for standard output.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// From this size on the file is renamed to <c>PATH.1</c> (and that to <c>PATH.2</c>…) and another begun. Default
    /// 100 MB; 0 for never.
    /// </summary>
    public long MaxBytes { get; init; } = 100L * 1024 * 1024;

    /// <summary>How many renamed files are kept. Default 5.</summary>
    public int Keep { get; init; } = 5;

    /// <summary>
    /// Lines that wait for the disk at the same time. Default 10,000; further ones are dropped, counted, and the count
    /// is written as a line of its own.
    /// </summary>
    public int Queue { get; init; } = 10_000;
}
