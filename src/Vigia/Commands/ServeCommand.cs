using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Configuration;
using Vigia.Gateway.Hosting;
using Vigia.Live.Clusters;

namespace Vigia.Commands;

/// <summary><c>vigia serve</c>: the gateway on real clusters.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var kubeconfig = CommonOptions.Kubeconfig();
        var contexts = new Option<string[]>("--context")
        {
            Description = "The context; repeat the option to serve several clusters. Default: the kubeconfig's current context.",
        };
        var allContexts = new Option<bool>("--all-contexts")
        {
            Description = "Serve every context of the kubeconfig, including contexts that are added later.",
        };
        var listen = CommonOptions.Listen();
        var kubernetes = CommonOptions.KubernetesListen();
        var config = new Option<string[]>("--config")
        {
            Description = "A configuration file (YAML, docs/configuration.md); repeatable, later files win. Flags override files.",
            AllowMultipleArgumentsPerToken = false,
        };
        var check = new Option<bool>("--check-config")
        {
            Description = "Check the configuration and exit: reports all errors at once, exit code 2 if there are any.",
        };
        var reference = new Option<bool>("--print-config-reference")
        {
            Description = "Print docs/configuration.md and exit.",
            Hidden = true,
        };
        var auth = CommonOptions.Choice<AuthMode>(
            "--auth",
            "Authentication: none, token (with --token-file) or kubernetes. Default: none."
        );
        var tokens = new Option<string?>("--token-file") { Description = "The token file for --auth token." };
        var tlsCert = new Option<string?>("--tls-cert")
        {
            Description = "The certificate (PEM) for https and HTTP/2; reloaded when it changes.",
        };
        var tlsKey = new Option<string?>("--tls-key") { Description = "The private key (PEM)." };
        var audit = new Option<string?>("--audit-log")
        {
            Description = "Write an audit log with one JSON line per request to this file (- for standard output); SIGHUP reopens it.",
        };
        var ns = new Option<string?>("--namespace", "-n")
        {
            Description = "Watch only this namespace, for an account without cluster-wide rights.",
        };
        var insecure = new Option<bool>("--insecure") { Description = "Allow listening on a non-loopback address without authentication." };
        var objectMetrics = new Option<bool>("--object-metrics")
        {
            Description = "Report the state of objects at /metrics too, under kube-state-metrics' names.",
        };
        var log = CommonOptions.Log(LogLevel.Information);
        var logFormat = CommonOptions.Choice<LogFormat>(
            "--log-format",
            "Log format: text, or json with cluster, resource and cause. Default: text."
        );
        var command = new Command(
            "serve",
            """
            Serve the live state of one or more clusters over HTTP, for programs, kubectl and browsers.

            Examples:
              vigia serve
              vigia serve --context prod --context staging --listen http://127.0.0.1:9000
              vigia serve --all-contexts
              vigia serve --config vigia.yaml --check-config
              vigia serve --auth kubernetes --listen https://0.0.0.0:8443 --tls-cert tls.crt --tls-key tls.key --audit-log audit.log
              curl -N http://127.0.0.1:8001/api/v1/pods/stream
            """
        )
        {
            kubeconfig,
            contexts,
            allContexts,
            listen,
            kubernetes,
            config,
            check,
            reference,
            auth,
            tokens,
            tlsCert,
            tlsKey,
            audit,
            ns,
            insecure,
            objectMetrics,
            log,
            logFormat,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunAsync(
                    "serve",
                    async () =>
                    {
                        if (parsed.GetValue(reference))
                        {
                            await Console.Out.WriteAsync(ConfigurationDocument.Write());
                            return 0;
                        }

                        // 1. Files, flags over them, and every fault of both at once.
                        var faults = new List<string>();
                        var files = parsed.GetValue(config) ?? [];
                        var configuration = ConfigurationFile.Load(files, EnvironmentOverrides.OfProcess(), faults);
                        var named = parsed.GetValue(contexts) ?? [];
                        if (named.Length > 0 && parsed.GetValue(allContexts))
                        {
                            faults.Add("--all-contexts and --context exclude each other: remove one");
                        }

                        configuration = configuration with
                        {
                            Listen = Given(listen) ? parsed.GetValue(listen)! : configuration.Listen,
                            KubernetesListen = Given(kubernetes) ? parsed.GetValue(kubernetes) : configuration.KubernetesListen,
                            Log = Given(log) ? parsed.GetValue(log) : configuration.Log,
                            LogFormat = Given(logFormat) ? parsed.GetValue(logFormat) : configuration.LogFormat,
                            Kubeconfig = configuration.Kubeconfig with
                            {
                                Path = parsed.GetValue(kubeconfig) ?? configuration.Kubeconfig.Path,
                                Contexts =
                                    named.Length > 0 ? named
                                    : parsed.GetValue(allContexts) ? []
                                    : configuration.Kubeconfig.Contexts,
                                AllContexts = named.Length == 0 && (parsed.GetValue(allContexts) || configuration.Kubeconfig.AllContexts),
                            },
                            Metrics = configuration.Metrics with
                            {
                                Objects = parsed.GetValue(objectMetrics) || configuration.Metrics.Objects,
                            },
                            Clusters = configuration.Clusters with { Namespace = parsed.GetValue(ns) ?? configuration.Clusters.Namespace },
                            Access = configuration.Access with
                            {
                                Mode = Given(auth) ? parsed.GetValue(auth) : configuration.Access.Mode,
                                TokenFile = parsed.GetValue(tokens) ?? configuration.Access.TokenFile,
                                Insecure = parsed.GetValue(insecure) || configuration.Access.Insecure,
                            },
                        };
                        var (certificate, key) = (
                            parsed.GetValue(tlsCert) ?? configuration.Tls?.CertificateFile,
                            parsed.GetValue(tlsKey) ?? configuration.Tls?.KeyFile
                        );
                        if (certificate is null != key is null)
                        {
                            faults.Add("--tls-cert and --tls-key must be given together");
                        }
                        else if (certificate is not null)
                        {
                            configuration = configuration with
                            {
                                Tls = (configuration.Tls ?? new TlsOptions { CertificateFile = "", KeyFile = "" }) with
                                {
                                    CertificateFile = certificate,
                                    KeyFile = key!,
                                },
                            };
                        }

                        if (parsed.GetValue(audit) is { } auditFile)
                        {
                            configuration = configuration with
                            {
                                Audit = (configuration.Audit ?? new AuditLogOptions { Path = "" }) with { Path = auditFile },
                            };
                        }

                        faults.AddRange(configuration.Access.Faults(configuration.Listen, configuration.Tls is not null));
                        faults.AddRange(GatewayServer.KubernetesFaults(configuration));
                        if (faults.Count > 0)
                        {
                            throw new ConfigurationException(
                                faults.Count == 1 ? faults : [$"{faults.Count} errors in the configuration", .. faults]
                            );
                        }

                        if (parsed.GetValue(check))
                        {
                            await Console.Out.WriteLineAsync(
                                $"the configuration is valid: {(files.Length == 0 ? "defaults" : string.Join(", ", files))}, "
                                    + $"{configuration.Catalog.Entries.Count} resources"
                            );
                            return 0;
                        }

                        // 2. An unreachable server does not end the command: its data is marked as stale, and recovers
                        // by itself.
                        using var loggers = Loggers.Create(configuration.Log, configuration.LogFormat);
                        await using var clusters = await KubeconfigClusters.LoadAsync(
                            configuration.Kubeconfig,
                            TimeProvider.System,
                            loggers
                        );
                        await using var gateway = await GatewayServer.StartAsync(
                            configuration.ToOptions(clusters.Sources, loggers),
                            cancellationToken
                        );
                        clusters.Follow(gateway.Clusters);
                        var names = clusters.Sources.Select(source =>
                        {
                            var address = source.Client is { } client ? CommonOptions.Address(client.Configuration.Server) : "unusable";
                            return $"{source.Name} ({address})";
                        });
                        var kubernetesApi = gateway.KubernetesUrl is { } api
                            ? $", the Kubernetes API at {api.ToString().TrimEnd('/')}"
                            : "";
                        await Console.Out.WriteLineAsync(
                            $"serving {string.Join(", ", names)} at {gateway.Url.ToString().TrimEnd('/')}{kubernetesApi}; Ctrl-C stops"
                        );
                        using (
                            OperatingSystem.IsWindows()
                                ? null
                                : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Reopen(signal, gateway))
                        )
                        {
                            await Stopping.WaitAsync(cancellationToken);
                        }

                        await clusters.StopAsync();
                        return 0;

                        bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
                    },
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>
    /// A tool that renamed the audit log sends SIGHUP; without an audit log the signal ends the process, as usual.
    /// </summary>
    private static void Reopen(PosixSignalContext signal, GatewayServer gateway) => signal.Cancel = gateway.ReopenAuditLog();
}
