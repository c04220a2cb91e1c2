using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Vigia.Gateway.Http;

/// <summary>How many files, including sockets, the process may have open.</summary>
/// <remarks>
/// Without it a gateway with too few would take connections until it can open nothing any more, not even one to an API
/// server: the server would then try to accept the next without end.
/// </remarks>
internal static partial class FileLimit
{
    // API servers, logs, certificates, and the runtime's own files.
    private const int Reserve = 256;

    /// <summary>
    /// How many connections may be open: the streams and the idle ones that the options allow, or fewer if the process
    /// may not open as many files, which is logged.
    /// </summary>
    public static int Connections(StreamOptions options, ILogger logger) => Connections(options, Read("/proc/self/limits"), logger);

    internal static int Connections(StreamOptions options, long? files, ILogger logger)
    {
        var wanted = (int)Math.Min((long)options.MaxStreams + options.MaxIdleConnections, int.MaxValue);
        if (files is not { } most || most - Reserve >= wanted)
        {
            return wanted;
        }

        var possible = (int)Math.Max(most - Reserve, most / 4);
        LogLowered(logger, most, possible, wanted);
        return possible;
    }

    /// <summary>
    /// The soft limit, which the runtime has raised to the hard one by now; null if it is unlimited or cannot be
    /// read.
    /// </summary>
    internal static long? Read(string file)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
            var words = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words is { Length: > 0 } && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : null;
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            // No Linux, or no /proc: then there is nothing to go by.
            return null;
        }
    }

    [LoggerMessage(
        3095,
        LogLevel.Warning,
        "The process may open {Files} files, which allows {Possible} connections instead of the {Wanted} of "
            + "streams.maxStreams and streams.maxIdleConnections; raise the limit (ulimit -n, LimitNOFILE=, "
            + "--ulimit nofile)"
    )]
    private static partial void LogLowered(ILogger logger, long files, int possible, int wanted);
}
