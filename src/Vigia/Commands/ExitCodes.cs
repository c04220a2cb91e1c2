using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Gateway.Access;
using Vigia.Gateway.Configuration;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Terminal.App;

namespace Vigia.Commands;

/// <summary>How a command ends, and the sentence it ends with.</summary>
internal static class ExitCodes
{
    /// <summary>Something failed that is none of the below.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a selector or a configuration file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>No usable kubeconfig or context.</summary>
    public const int Kubeconfig = 3;

    /// <summary>The server cannot be reached.</summary>
    public const int Unreachable = 4;

    /// <summary>A right is missing, or a credential is refused.</summary>
    public const int Denied = 5;

    /// <summary>An audit found a cache that is not what the server has (<c>vigia check --audit</c>).</summary>
    public const int Different = 6;

    /// <summary>
    /// The reader of the output has closed the pipe: 128 and SIGPIPE's number, as shells report programs that the
    /// signal ended.
    /// </summary>
    public const int BrokenPipe = 141;

    /// <summary>
    /// Runs a command whose output is its purpose: it ends, without a word, when the reader of the output does.
    /// </summary>
    public static async Task<int> RunPrintingAsync(
        string command,
        Func<CancellationToken, Task<int>> run,
        CancellationToken cancellationToken
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, OutputReader.Watch());
        return await RunAsync(command, () => run(either.Token), either.Token);
    }

    /// <summary>
    /// Runs a command: an error is one sentence on standard error and an exit code, never a stack trace. Being stopped
    /// is not an error.
    /// </summary>
    public static async Task<int> RunAsync(string command, Func<Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return OutputReader.IsGone ? BrokenPipe : 0;
        }
        catch (Exception error) when (CodeOf(error) is { } code)
        {
            await Console.Error.WriteLineAsync($"vigia {command}: {Sentence(error)}");
            return code;
        }
    }

    /// <summary>
    /// A server's or a plugin's words are one line here, and none of them turns or clears a terminal. Faults of files
    /// are a line each.
    /// </summary>
    internal static string Sentence(Exception error) =>
        (
            error is CatalogException or ConfigurationException ? TextWidth.CleanLines(error.Message) : TextWidth.CleanLine(error.Message)
        ).TrimEnd('.', ' ');

    private static int? CodeOf(Exception error) =>
        error switch
        {
            UsageException
            or CatalogException
            or ConfigurationException
            or AccessOptionsException
            or TokenFileException
            or TlsException
            or TopConfigurationException => Usage,
            KubeconfigException => Kubeconfig,
            KubernetesConnectionException => Unreachable,
            CredentialException or KubernetesApiException { Code: 401 or 403 } => Denied,
            KubernetesApiException or IOException or UnauthorizedAccessException => Failed,
            _ => null,
        };
}
