using System.Buffers;
using System.Text;
using System.Text.Json;
using Vigia.Kubernetes.Kubeconfig;
using YamlDotNet.RepresentationModel;

namespace Vigia.Kubernetes.Credentials;

/// <summary>An exec plugin of a kubeconfig (client.authentication.k8s.io).</summary>
internal sealed record ExecPlugin(
    string User,
    string ApiVersion,
    string Command,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    string? InstallHint,
    string Info
)
{
    public static ExecPlugin Read(YamlMappingNode exec, KubeconfigEntry user, KubeconfigEntry cluster)
    {
        var version = KubeconfigFile.Text(exec, "apiVersion") ?? "";
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw new KubeconfigException(
                $"the exec plugin of user \"{user.Name}\" in {user.File} has the apiVersion '{version}'; supported are "
                    + $"client.authentication.k8s.io/v1 and v1beta1"
            );
        }

        var command = KubeconfigFile.Text(exec, "command");
        if (string.IsNullOrEmpty(command))
        {
            throw new KubeconfigException($"the exec plugin of user \"{user.Name}\" in {user.File} has no command");
        }

        if (KubeconfigFile.Text(exec, "interactiveMode") == "Always")
        {
            throw new KubeconfigException(
                $"the exec plugin '{command}' of user \"{user.Name}\" in {user.File} needs a terminal "
                    + "(interactiveMode: Always), which vigia does not provide"
            );
        }

        // A command with a slash is relative to the file; another is looked up in $PATH.
        if (command.Contains('/', StringComparison.Ordinal))
        {
            command = Path.GetFullPath(command, Path.GetDirectoryName(Path.GetFullPath(user.File))!);
        }

        var environment = new List<KeyValuePair<string, string>>();
        if (exec.Children.TryGetValue(new YamlScalarNode("env"), out var env) && env is YamlSequenceNode pairs)
        {
            foreach (var pair in pairs.OfType<YamlMappingNode>())
            {
                environment.Add(new(KubeconfigFile.Text(pair, "name") ?? "", KubeconfigFile.Text(pair, "value") ?? ""));
            }
        }

        var arguments =
            exec.Children.TryGetValue(new YamlScalarNode("args"), out var args) && args is YamlSequenceNode list
                ? list.OfType<YamlScalarNode>().Select(item => item.Value ?? "")
                : [];
        var withCluster = KubeconfigFile.Text(exec, "provideClusterInfo") == "true";
        return new(
            user.Name,
            version,
            command,
            [.. arguments],
            environment,
            KubeconfigFile.Text(exec, "installHint"),
            InfoOf(version, withCluster ? cluster : null)
        );
    }

    /// <summary>The value of <c>KUBERNETES_EXEC_INFO</c>.</summary>
    private static string InfoOf(string version, KubeconfigEntry? cluster)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, "ExecCredential"u8);
            json.WriteString("apiVersion"u8, version);
            json.WriteStartObject("spec"u8);
            json.WriteBoolean("interactive"u8, false);
            if (cluster is not null)
            {
                json.WriteStartObject("cluster"u8);
                foreach (var member in new[] { "server", "tls-server-name", "certificate-authority-data", "proxy-url" })
                {
                    if (cluster.Text(member) is { Length: > 0 } text)
                    {
                        json.WriteString(member, text);
                    }
                }

                if (cluster.Flag("insecure-skip-tls-verify"))
                {
                    json.WriteBoolean("insecure-skip-tls-verify"u8, true);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
