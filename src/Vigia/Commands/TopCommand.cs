using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Terminal.App;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Screens;

namespace Vigia.Commands;

/// <summary><c>vigia top</c>: the terminal UI.</summary>
internal static class TopCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("COMMAND")
        {
            Description = "The first view, as typed after ':' (deploy, po kube-system). Default: pods.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var ns = new Option<string?>("--namespace", "-n") { Description = "The initial namespace. Default: all." };
        var contexts = new Option<string[]>("--context")
        {
            Description = "The context; repeatable, several contexts share one table. Default: the kubeconfig's current context.",
            AllowMultipleArgumentsPerToken = true,
        };
        var kubeconfig = CommonOptions.Kubeconfig();
        var readOnly = new Option<bool>("--readonly") { Description = "Read-only mode: never change a cluster." };
        var demo = new Option<bool>("--demo") { Description = "Show a simulated cluster that runs in this process." };
        var pods = CommonOptions.Number("--pods", 300, 0, 100_000, "With --demo: number of pods at the start.");
        var rate = CommonOptions.Number("--rate", 5, 0, 10_000, "With --demo: changes per second.");
        var seed = CommonOptions.Number(
            "--seed",
            1,
            0,
            int.MaxValue,
            "With --demo: seed of the random numbers; the same seed produces the same cluster."
        );
        var theme = new Option<string?>("--theme") { Description = "dark, light, none or auto. Default: the configuration's, else auto." };
        CommonOptions.OneOf(theme, "dark", "light", "none", "auto");
        var measurements = new Option<string?>("--measurements")
        {
            Description = "File for measurements (key latency, CPU, memory), written at the end.",
        };
        var command = new Command(
            "top",
            """
            Show clusters live in the terminal. The keys are those of k9s where it has one; ? lists them.

            Examples:
              vigia top --demo
              vigia top deploy -n shop
              vigia top --context staging --context prod
            """
        )
        {
            what,
            ns,
            contexts,
            kubeconfig,
            readOnly,
            demo,
            pods,
            rate,
            seed,
            theme,
            measurements,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunAsync(
                    "top",
                    async () =>
                    {
                        if (OperatingSystem.IsWindows())
                        {
                            throw new UsageException(
                                "this needs a Unix terminal (Linux, macOS, WSL); on Windows use 'vigia serve' and a browser"
                            );
                        }

                        Func<string, string?> variable = Environment.GetEnvironmentVariable;
                        if (TerminalEnvironment.Unusable(variable, UnixTerminal.IsTerminal) is { } unusable)
                        {
                            throw new UsageException(unusable);
                        }

                        var configuration = TopConfiguration.Load(TopConfiguration.DefaultPath(variable));
                        string? file = parsed.GetValue(kubeconfig);
                        await using var world = parsed.GetValue(demo)
                            ? await SimulatedWorld.StartAsync(
                                new SimulatedClusterOptions
                                {
                                    Pods = parsed.GetValue(pods),
                                    Rate = parsed.GetValue(rate),
                                    Seed = parsed.GetValue(seed),
                                },
                                0,
                                NullLoggerFactory.Instance,
                                cancellationToken
                            )
                            : null;
                        var folder = world is null ? null : Directory.CreateTempSubdirectory("vigia-top-");
                        try
                        {
                            if (world is not null)
                            {
                                file = Path.Combine(folder!.FullName, "kubeconfig");
                                await world.Server.WriteKubeconfigAsync(file, cancellationToken: cancellationToken);
                            }

                            var chosen = parsed.GetValue(contexts) is { Length: > 0 } names ? names : [null!];
                            var clusters = chosen.Select(name => KubeconfigLoader.Load(file, name)).ToArray();
                            var choice = parsed.GetValue(theme) ?? configuration.Theme;
                            var options = new TopOptions
                            {
                                Clusters = clusters,
                                AllContexts = [.. KubeconfigLoader.Contexts(file).DefaultIfEmpty(clusters[0].Context)],
                                Resolve = name => KubeconfigLoader.Load(file, name),
                                Command = parsed.GetValue(what) is { Length: > 0 } words ? string.Join(' ', words) : configuration.Command,
                                Namespace = parsed.GetValue(ns) ?? configuration.Namespace,
                                IsReadOnly = parsed.GetValue(readOnly) || configuration.IsReadOnly,
                                Depth = choice == "none" ? ColourDepth.None : TerminalEnvironment.Depth(variable),
                                Keys = Keys(configuration, variable),
                                Aliases = configuration.Aliases,
                                IsLight = choice switch
                                {
                                    "light" => true,
                                    "dark" => false,
                                    _ => TerminalEnvironment.IsLight(variable),
                                },
                                Favourites = configuration.Favourites,
                                Measurements = parsed.GetValue(measurements),
                                Crash = variable("VIGIA_TOP_CRASH"),
                            };
                            await RunAsync(options, configuration.Mouse, cancellationToken);
                            return 0;
                        }
                        finally
                        {
                            folder?.Delete(recursive: true);
                        }
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private static KeyTable Keys(TopConfiguration configuration, Func<string, string?> variable)
    {
        try
        {
            return KeyTable.Default.With(configuration.Keys);
        }
        catch (ArgumentException unknown)
        {
            throw new UsageException(
                $"{TopConfiguration.DefaultPath(variable)}: keys: {unknown.Message.Split(" (Parameter", StringSplitOptions.None)[0]}"
            );
        }
    }

    /// <summary>Runs it in this process' terminal, which is given back whatever happens.</summary>
    [UnsupportedOSPlatform("windows")]
    private static async Task RunAsync(TopOptions options, bool mouse, CancellationToken cancellationToken)
    {
        using var terminal = new UnixTerminal(mouse, askBackground: options.IsLight is null);
        AppDomain.CurrentDomain.UnhandledException += (_, _) => terminal.Leave();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => terminal.Leave();
        await using var app = new TerminalApp(terminal, options, TimeProvider.System);
        using var resize = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => app.Resized());
        using var suspend = PosixSignalRegistration.Create(
            PosixSignal.SIGTSTP,
            context =>
            {
                context.Cancel = true;
                if (!app.Suspend())
                {
                    UnixTerminal.StopProcess();
                }
            }
        );
        using var hangUp = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP,
            context =>
            {
                context.Cancel = true;
                app.Stop();
            }
        );
        await app.RunAsync(cancellationToken);
    }
}
