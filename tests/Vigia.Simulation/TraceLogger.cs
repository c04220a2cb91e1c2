using Microsoft.Extensions.Logging;

namespace Vigia.Simulation;

/// <summary>What the library logs belongs to the story of a run.</summary>
internal sealed class TraceLogger(Action<string> write) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => write($"log {logLevel}: {formatter(state, exception)}");
}
