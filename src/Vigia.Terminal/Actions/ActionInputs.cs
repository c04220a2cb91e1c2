using System.Globalization;

namespace Vigia.Terminal.Actions;

/// <summary>What is filled in before an action: names, and how it is read.</summary>
internal static class ActionInputs
{
    public const string Replicas = "replicas";
    public const string Cascade = "cascade";
    public const string Grace = "grace";
    public const string Force = "force";
    public const string Timeout = "timeout";
    public const string EmptyDir = "emptydir";
    public const string DaemonSets = "daemonsets";
    public const string Container = "container";
    public const string Port = "port";
    public const string LocalPort = "local";

    /// <summary>A number; null where nothing was filled in.</summary>
    /// <exception cref="ArgumentException">It is none, or not within the limits.</exception>
    public static int? Number(this IReadOnlyDictionary<string, string> inputs, string name, int least, int most) =>
        inputs.GetValueOrDefault(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"{name}: '{text}' is no number from {least} to {most}"),
            nameof(inputs)
        );

    /// <summary>Whether yes was chosen.</summary>
    public static bool IsYes(this IReadOnlyDictionary<string, string> inputs, string name) => inputs.GetValueOrDefault(name) == "yes";
}
