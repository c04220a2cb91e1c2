using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Vigia.Commands;

/// <summary>Options that several commands have, made anew for each.</summary>
internal static class CommonOptions
{
    public static Option<string?> Kubeconfig() => new("--kubeconfig") { Description = "The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the pod's service account." };

    public static Option<string?> Context() => new("--context") { Description = "The context. Default: the kubeconfig's current one." };

    public static Option<Uri> Listen() => new("--listen")
    {
        Description = "Where to listen. Default: http://127.0.0.1:8001.",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8001"),
        CustomParser = result => Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.AbsolutePath == "/"
            ? uri
            : Refuse<Uri>(result, $"--listen is '{result.Tokens.Single().Value}', expected http://HOST:PORT or https://HOST:PORT"),
    };

    public static Option<Uri?> KubernetesListen() => new("--kubernetes-listen")
    {
        Description = "A second address, for the Kubernetes API alone at its root. Default: none; the API is at /kubernetes/CLUSTER in any case.",
        CustomParser = result => Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.AbsolutePath == "/"
            ? uri
            : Refuse<Uri>(result, $"--kubernetes-listen is '{result.Tokens.Single().Value}', expected http://HOST:PORT or https://HOST:PORT"),
    };

    public static Option<int> Number(string name, int value, int least, int most, string description) => new(name)
    {
        Description = $"{description} Default: {value}.",
        DefaultValueFactory = _ => value,
        CustomParser = result => int.TryParse(result.Tokens.Single().Value, out var number) && number >= least && number <= most
            ? number
            : Refuse<int>(result, $"{name} is '{result.Tokens.Single().Value}', expected a number from {least} to {most}"),
    };

    public static Option<LogLevel> Log(LogLevel value) => new("--log") { Description = $"What is logged to standard error: Trace, Debug, Information, Warning, Error or None. Default: {value}.", DefaultValueFactory = _ => value };

    private static T Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default!;
    }
}
