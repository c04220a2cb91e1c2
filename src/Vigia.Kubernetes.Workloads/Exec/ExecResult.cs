using System.Globalization;

namespace Vigia.Kubernetes.Workloads;

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">
/// Its exit code; null if it could not be started or the code is unknown: see <paramref name="Message"/>.
/// </param>
/// <param name="Message">Why there is no exit code, in one sentence; empty if there is one.</param>
public sealed record ExecResult(int? ExitCode, string Message)
{
    /// <summary>True for exit code 0.</summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>
    /// Reads the Status on the fourth channel (Kubernetes <c>remotecommand</c>, v4): success, an exit code among the
    /// causes, or an error.
    /// </summary>
    internal static ExecResult Of(KubernetesStatus status, bool success)
    {
        if (success)
        {
            return new(0, "");
        }

        foreach (var (reason, message) in status.Causes)
        {
            if (reason == "ExitCode" && int.TryParse(message, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code))
            {
                return new(code, "");
            }
        }

        return new(null, status.Message.Length > 0 ? status.Message : "the command failed, and the server sent no reason");
    }
}

/// <summary>How a command ended, and all that it wrote.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Stdout">Its standard output.</param>
/// <param name="Stderr">Its standard error.</param>
public sealed record ExecOutput(ExecResult Result, byte[] Stdout, byte[] Stderr);
