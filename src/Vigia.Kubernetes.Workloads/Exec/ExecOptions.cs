namespace Vigia.Kubernetes.Workloads;

/// <summary>The streams of a command in a container, or of its main program. Immutable.</summary>
public sealed record ExecOptions
{
    /// <summary>
    /// The container; null (default) for the pod's only one, or the one its annotation
    /// <c>kubectl.kubernetes.io/default-container</c> names.
    /// </summary>
    public string? Container { get; init; }

    /// <summary>True to send input. Default false: the command sees an empty input.</summary>
    public bool Stdin { get; init; }

    /// <summary>True (default) to receive standard output.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>True (default) to receive standard error; with a terminal it is part of the output.</summary>
    public bool Stderr { get; init; } = true;

    /// <summary>True to give the command a terminal. Default false.</summary>
    public bool Tty { get; init; }

    internal string Query(string? container, IReadOnlyList<string> command)
    {
        var query = new System.Text.StringBuilder("?");
        foreach (var word in command)
        {
            query.Append("command=").Append(Uri.EscapeDataString(word)).Append('&');
        }

        if (container is not null)
        {
            query.Append("container=").Append(Uri.EscapeDataString(container)).Append('&');
        }

        // An API server refuses standard error together with a terminal.
        query
            .Append(Stdin ? "stdin=true&" : "")
            .Append(Stdout ? "stdout=true&" : "")
            .Append(Stderr && !Tty ? "stderr=true&" : "")
            .Append(Tty ? "tty=true&" : "");
        return query.ToString(0, query.Length - 1);
    }
}
