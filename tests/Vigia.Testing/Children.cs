using System.Diagnostics;
using System.Globalization;

namespace Vigia.Testing;

/// <summary>Processes that tests start.</summary>
public static class Children
{
    /// <summary>
    /// How to start a program so that it hears SIGINT: a script that runs the tests in the background has it
    /// ignored, and so would every child of theirs.
    /// </summary>
    public static ProcessStartInfo Start(string program)
    {
        var isDeaf = OperatingSystem.IsLinux() && IsIgnored(2);
        var start = new ProcessStartInfo(isDeaf ? "env" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (isDeaf)
        {
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add(program);
        }

        return start;
    }

    private static bool IsIgnored(int signal)
    {
        var mask = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..]
            .Trim();
        return ((ulong.Parse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1)) & 1) != 0;
    }
}
