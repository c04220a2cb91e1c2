using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Vigia.Informers.Tests;

/// <summary>Keeps what is logged as lines: the level, then the message.</summary>
internal sealed class LineLogger(ConcurrentQueue<string> lines) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => lines.Enqueue($"{logLevel} {formatter(state, exception)}");
}
