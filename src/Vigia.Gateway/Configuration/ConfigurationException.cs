namespace Vigia.Gateway.Configuration;

/// <summary>A configuration file is wrong: the message has a line for each fault, with file, line and path.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="faults">One sentence each.</param>
    public ConfigurationException(IReadOnlyList<string> faults)
        : base(string.Join('\n', faults ?? throw new ArgumentNullException(nameof(faults)))) => Faults = faults;

    /// <summary>One sentence each: <c>vigia.yaml:12: streams.heartbeat: …</c>.</summary>
    public IReadOnlyList<string> Faults { get; }
}
