using System.Globalization;
using System.Text;
using Vigia.Faults.Scenarios;

namespace Vigia.Faults;

/// <summary>The folder with what gateways read: kubeconfigs, configuration, tokens and certificates.</summary>
internal sealed class GatewayFiles(Scenario scenario, FaultOptions options) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vigia-faults-").FullName;

    /// <summary>Writes a file that gateways read: whole, or not at all.</summary>
    public void Write(string name, string text)
    {
        var path = this[name];
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>A file's path.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    /// <summary>
    /// A gateway's arguments, and the files that they name: a kubeconfig for a server, and its configuration.
    /// </summary>
    /// <param name="name">Begins the files' names.</param>
    /// <param name="server">Where the gateway finds its cluster.</param>
    /// <param name="tokens">Lines of the file of callers.</param>
    public string[] ArgumentsFor(string name, Uri server, params string[] tokens)
    {
        Write($"{name}.csv", string.Join('\n', tokens) + "\n");
        Write($"{name}.yaml", Configuration($"{name}.csv"));
        Write(
            $"{name}.kubeconfig",
            $"""
            apiVersion: v1
            kind: Config
            current-context: faults
            clusters:
            - name: faults
              cluster:
                server: {server.ToString().TrimEnd('/')}
                certificate-authority: ca.crt
            contexts:
            - name: faults
              context:
                cluster: faults
                user: gateway
            users:
            - name: gateway
              user:
                tokenFile: gateway.token
            """
        );
        return ["--kubeconfig", this[$"{name}.kubeconfig"], "--config", this[$"{name}.yaml"]];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Configuration(string tokens)
    {
        var text = new StringBuilder();
        text.AppendLine("log: warning");
        var mode = scenario.Reviews ? "kubernetes" : $"token, tokenFile: {tokens}";
        var cached = options.Quick ? ", cacheFor: 1s, keepFor: 30s" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"access: {{mode: {mode}{cached}}}");
        var timeout =
            !scenario.ShortWatches ? "5m"
            : options.Quick ? "1s"
            : "5s";
        var patience = options.Quick ? ", answerPatience: 1s, proofPatience: 2s, backoff: {first: 100ms, longest: 1s}" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"informers: {{watchTimeout: {timeout}{patience}}}");
        if (scenario.Tls)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"tls: {{certificate: tls.crt, key: tls.key{(options.Quick ? ", look: 200ms" : "")}}}"
            );
            text.AppendLine(CultureInfo.InvariantCulture, $"streams: {{lifetime: {(options.Quick ? 2 : 5)}s}}");
        }

        if (options.Quick)
        {
            text.AppendLine("client: {requestTimeout: 2s, connectTimeout: 2s, keepAlivePingDelay: 1s, keepAlivePingTimeout: 1s}");
            text.AppendLine("clusters: {poll: 200ms, firstRetry: 200ms, longestRetry: 1s}");
            text.AppendLine("health: {interval: 1s}");
        }

        return text.ToString();
    }
}
