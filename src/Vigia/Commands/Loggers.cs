using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Vigia.Gateway.Configuration;

namespace Vigia.Commands;

/// <summary>Logs to standard error; standard output is for results.</summary>
internal static class Loggers
{
    public static ILoggerFactory Create(LogLevel level, LogFormat format = LogFormat.Text) =>
        LoggerFactory.Create(logging =>
        {
            logging
                .SetMinimumLevel(level)
                .AddFilter("Microsoft", LogLevel.Warning)
                // The command itself reports a failed start, in a sentence.
                .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
            logging.Services.AddSingleton(TimeProvider.System);
            logging.AddConsole(console =>
                console.FormatterName = format == LogFormat.Json ? JsonLogFormatter.FormatterName : TextLogFormatter.FormatterName
            );

            // They have no options: AddConsoleFormatter would bind some by reflection.
            logging.Services.AddSingleton<ConsoleFormatter, JsonLogFormatter>().AddSingleton<ConsoleFormatter, TextLogFormatter>();
            logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        });
}
