using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Vigia.Commands;

/// <summary>Options of several commands, created for each.</summary>
internal static class CommonOptions
{
    public static Option<string?> Kubeconfig() =>
        new("--kubeconfig")
        {
            Description = "The kubeconfig file. Default: $KUBECONFIG, else ~/.kube/config, else the pod's service account.",
        };

    public static Option<string?> Context() => new("--context") { Description = "The context. Default: the kubeconfig's current context." };

    public static Option<Uri> Listen() =>
        new("--listen")
        {
            Description = "Address to listen on. Default: http://127.0.0.1:8001.",
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:8001"),
            CustomParser = result =>
                Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var uri)
                && uri.Scheme is "http" or "https"
                && uri.AbsolutePath == "/"
                    ? uri
                    : Refuse<Uri>(result, $"--listen is '{result.Tokens.Single().Value}', expected http://HOST:PORT or https://HOST:PORT"),
        };

    public static Option<Uri?> KubernetesListen() =>
        new("--kubernetes-listen")
        {
            Description =
                "A second address with the Kubernetes API alone at its root. Default: none; the API is always at /kubernetes/CLUSTER.",
            CustomParser = result =>
                Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var uri)
                && uri.Scheme is "http" or "https"
                && uri.AbsolutePath == "/"
                    ? uri
                    : Refuse<Uri>(
                        result,
                        $"--kubernetes-listen is '{result.Tokens.Single().Value}', expected http://HOST:PORT or https://HOST:PORT"
                    ),
        };

    public static Option<int> Number(string name, int value, int least, int most, string description) =>
        new(name)
        {
            Description = $"{description} Default: {value}.",
            DefaultValueFactory = _ => value,
            CustomParser = result =>
                int.TryParse(result.Tokens.Single().Value, out var number) && number >= least && number <= most
                    ? number
                    : Refuse<int>(result, $"{name} is '{result.Tokens.Single().Value}', expected a number from {least} to {most}"),
        };

    public static Option<LogLevel> Log(LogLevel value)
    {
        var option = Choice<LogLevel>("--log", "Log level on standard error.");
        option.Description += $" Default: {Word(value)}.";
        option.DefaultValueFactory = _ => value;
        return option;
    }

    /// <summary>An option that takes one of an enumeration's names, in any case.</summary>
    public static Option<T> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>().ToDictionary(static value => Word(value), StringComparer.OrdinalIgnoreCase);
        var option = new Option<T>(name)
        {
            Description = description,
            CustomParser = result =>
                values.TryGetValue(result.Tokens.Single().Value, out var value)
                    ? value
                    : Refuse<T>(result, Unknown(name, result.Tokens.Single().Value, [.. values.Keys])),
        };
        Offer(option, [.. values.Keys]);
        return option;
    }

    /// <summary>An option of text takes these words only.</summary>
    public static void OneOf(Option option, params string[] words)
    {
        Offer(option, words);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !words.Contains(token.Value, StringComparer.Ordinal)))
            {
                result.AddError(Unknown(option.Name, token.Value, words));
            }
        });
    }

    private static void Offer(Option option, string[] words)
    {
        option.HelpName = string.Join('|', words);
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Unknown(string option, string value, string[] words)
    {
        var use = $"{string.Join(", ", words[..^1])} or {words[^1]}";
        return Suggestion.For(value, words) is { } near
            ? $"unknown value '{value}' for {option}, did you mean '{near}'? Use {use}"
            : $"unknown value '{value}' for {option}: use {use}";
    }

    /// <summary>A server with its path, which distinguishes clusters behind one host; without credentials.</summary>
    public static string Address(Uri server) =>
        server.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.Unescaped).TrimEnd('/');

    private static T Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default!;
    }
}
