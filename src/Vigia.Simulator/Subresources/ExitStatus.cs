using System.Globalization;
using System.Text.Json.Nodes;

namespace Vigia.Simulator.Subresources;

/// <summary>The end of a command, in the form of the Status on the last channel.</summary>
internal static class ExitStatus
{
    public static JsonObject Of(int code) =>
        code == 0
            ? new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" }
            : new JsonObject
            {
                ["metadata"] = new JsonObject(),
                ["status"] = "Failure",
                ["message"] = string.Create(
                    CultureInfo.InvariantCulture,
                    $"command terminated with non-zero exit code: exit status {code}"
                ),
                ["reason"] = "NonZeroExitCode",
                ["details"] = new JsonObject
                {
                    ["causes"] = new JsonArray(
                        new JsonObject { ["reason"] = "ExitCode", ["message"] = code.ToString(CultureInfo.InvariantCulture) }
                    ),
                },
            };

    /// <summary>The command could not even be started.</summary>
    public static JsonObject NotFound(string command) =>
        new()
        {
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] =
                $"Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI "
                + $"runtime exec failed: exec failed: unable to start container process: exec: \"{command}\": executable file not "
                + $"found in $PATH: unknown",
            ["reason"] = "InternalError",
            ["details"] = new JsonObject
            {
                ["causes"] = new JsonArray(new JsonObject { ["message"] = $"exec: \"{command}\": executable file not found in $PATH" }),
            },
            ["code"] = 500,
        };
}
