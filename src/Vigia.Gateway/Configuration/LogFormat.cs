namespace Vigia.Gateway.Configuration;

/// <summary>How a line of the log looks.</summary>
public enum LogFormat
{
    /// <summary>For people (default).</summary>
    Text,

    /// <summary>A JSON object a line, for whatever collects logs.</summary>
    Json,
}
