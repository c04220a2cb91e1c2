namespace Vigia.Live.Queries;

/// <summary>
/// A parameter of a request cannot be understood: becomes a 400 or 404, and an error message on a WebSocket.
/// </summary>
public sealed class QueryException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="reason">The error in it.</param>
    public QueryException(string parameter, string reason)
        : base($"{parameter}: {reason}") => (Parameter, Status, Title) = (parameter, 400, $"Bad {parameter}");

    private QueryException(string parameter, int status, string title, string reason)
        : base(reason) => (Parameter, Status, Title) = (parameter, status, title);

    /// <summary>It can be understood, but names something that is not there: a 404.</summary>
    public static QueryException NotFound(string parameter, string title, string reason) => new(parameter, 404, title, reason);

    /// <summary>It can be understood, and is refused for another reason.</summary>
    internal static QueryException Refused(int status, string title, string reason) => new("", status, title, reason);

    /// <summary>The HTTP status to answer with.</summary>
    public int Status { get; }

    /// <summary>The kind of error, in a few constant words.</summary>
    public string Title { get; }

    /// <summary>The parameter's name.</summary>
    public string Parameter { get; }
}
