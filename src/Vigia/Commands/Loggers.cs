using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Vigia.Commands;

/// <summary>Logs to standard error, so that standard output stays what was asked for.</summary>
internal static class Loggers
{
    public static ILoggerFactory Create(LogLevel level) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", LogLevel.Warning)

        // A start that fails is told by the command, in a sentence.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        })
        .Services.Configure(options => options.LogToStandardErrorThreshold = LogLevel.Trace));

    private static void Configure(this Microsoft.Extensions.DependencyInjection.IServiceCollection services, Action<ConsoleLoggerOptions> configure)
        => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions.Configure(services, configure);
}
