using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Configuration;
using Vigia.Gateway.Tls;
using Vigia.Kubernetes.Configuration;
using Vigia.Kubernetes.Credentials;
using Vigia.Kubernetes.Errors;
using Vigia.Terminal;

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

    /// <summary>Runs a command: what goes wrong is one sentence on standard error and an exit code, never a stack trace. Being stopped is no failure.</summary>
    public static async Task<int> RunAsync(string command, Func<Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error) when (CodeOf(error) is { } code)
        {
            await Console.Error.WriteLineAsync($"vigia {command}: {error.Message.TrimEnd('.')}");
            return code;
        }
    }

    private static int? CodeOf(Exception error) => error switch
    {
        UsageException or CatalogException or ConfigurationException or AccessOptionsException or TokenFileException or TlsException or TopConfigurationException => Usage,
        KubeconfigException => Kubeconfig,
        KubernetesConnectionException => Unreachable,
        CredentialException or KubernetesApiException { Code: 401 or 403 } => Denied,
        KubernetesApiException or IOException or UnauthorizedAccessException => Failed,
        _ => null,
    };
}
