using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Vigia.Catalog.Rows;

namespace Vigia.Commands;

/// <summary>Writes a log message as one line for people: <c>15:04:05 warn: Category[event] message</c>.</summary>
/// <remarks>
/// Messages have the words of API servers, proxies and clients in them. No control character, and none that turns the
/// direction of text, reaches the terminal.
/// </remarks>
internal sealed class TextLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "vigia-text";

    private readonly bool _colour = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (word, colour) = logEntry.LogLevel switch
        {
            LogLevel.Trace => ("trce", "37"),
            LogLevel.Debug => ("dbug", "37"),
            LogLevel.Information => ("info", "32"),
            LogLevel.Warning => ("warn", "1;33"),
            LogLevel.Error => ("fail", "1;31"),
            _ => ("crit", "1;37;41"),
        };
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss ", CultureInfo.InvariantCulture));
        textWriter.Write(_colour ? $"\u001b[{colour}m{word}\u001b[0m" : word);
        textWriter.Write(string.Create(CultureInfo.InvariantCulture, $": {logEntry.Category}[{logEntry.EventId.Id}] "));
        textWriter.Write(TextWidth.CleanLine(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } error)
        {
            textWriter.Write(' ');
            textWriter.Write(TextWidth.CleanLine(error.ToString()));
        }

        textWriter.WriteLine();
    }
}
