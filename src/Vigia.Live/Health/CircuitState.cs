namespace Vigia.Live.Health;

/// <summary>A circuit breaker's state.</summary>
public enum CircuitState
{
    /// <summary>Requests go out.</summary>
    Closed,

    /// <summary>Five requests in a row have failed: until the next probe nothing goes out.</summary>
    Open,

    /// <summary>A single probe is under way: its success closes the circuit, its failure opens it again.</summary>
    HalfOpen,
}
