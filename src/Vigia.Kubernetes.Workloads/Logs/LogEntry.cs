using System.Text;

namespace Vigia.Kubernetes.Workloads;

/// <summary>The kind of a log entry.</summary>
public enum LogEntryKind
{
    /// <summary>A line that the container wrote.</summary>
    Line,

    /// <summary>The container has not started yet; its log will follow.</summary>
    Waiting,

    /// <summary>The stream was interrupted; it is being reopened.</summary>
    Interrupted,

    /// <summary>
    /// The stream continues after the interruption: as far as timestamps show, without a gap and without a repeated
    /// line.
    /// </summary>
    Resumed,

    /// <summary>
    /// The stream continues, but the line before the interruption is no longer kept: lines in between may be missing.
    /// </summary>
    Gap,

    /// <summary>The container was restarted: the log of its next run follows.</summary>
    Restarted,

    /// <summary>The container has ended, or the pod is gone: nothing more will come.</summary>
    Ended,
}

/// <summary>One entry of a log stream: a line, or an event of the stream itself.</summary>
/// <param name="Kind">A line, or an event of the stream.</param>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container.</param>
/// <param name="Timestamp">
/// When the line was written by the kubelet's clock, to 100 ns; for anything else when it happened here.
/// </param>
/// <param name="Utf8">
/// The line without its end, as the container wrote it (not necessarily UTF-8); for anything else a sentence. Never
/// changed afterwards.
/// </param>
public readonly record struct LogEntry(
    LogEntryKind Kind,
    ObjectKey Pod,
    string Container,
    DateTimeOffset Timestamp,
    ReadOnlyMemory<byte> Utf8
)
{
    /// <summary>True for a part of a long line that is not its last.</summary>
    public bool IsPart { get; init; }

    /// <summary>The line or sentence as text; invalid UTF-8 becomes U+FFFD. Allocates.</summary>
    public string Text => Encoding.UTF8.GetString(Utf8.Span);

    /// <summary>As a person reads it.</summary>
    public override string ToString() => Kind == LogEntryKind.Line ? Text : $"[{Pod} {Container}: {Text}]";
}
