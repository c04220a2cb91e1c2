using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Vigia.Gateway.Tests;

/// <summary>Keeps what is logged from Information on.</summary>
internal sealed class CapturedLogs : ILoggerFactory
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyCollection<LogLine> Lines => _lines;

    /// <summary>What nobody expected: exceptions that reached the server, and faults of the gateway's own.</summary>
    public IEnumerable<LogLine> Faults => _lines.Where(line => line.Level >= LogLevel.Error);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose() { }

    internal sealed record LogLine(LogLevel Level, int Id, string Category, string Text, Exception? Error)
    {
        public override string ToString() => $"{Level} {Category} {Id}: {Text} {Error}";
    }

    private sealed class Logger(CapturedLogs logs, string category) : ILogger
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
        )
        {
            if (IsEnabled(logLevel))
            {
                logs._lines.Enqueue(new(logLevel, eventId.Id, category, formatter(state, exception), exception));
            }
        }
    }
}
