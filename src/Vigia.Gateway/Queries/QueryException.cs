namespace Vigia.Gateway.Queries;

/// <summary>A parameter of a request cannot be understood: becomes a 400.</summary>
public sealed class QueryException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="reason">What is wrong with it.</param>
    public QueryException(string parameter, string reason)
        : base($"{parameter}: {reason}")
        => Parameter = parameter;

    /// <summary>The parameter's name.</summary>
    public string Parameter { get; }
}
