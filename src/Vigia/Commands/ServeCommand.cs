using System.CommandLine;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Gateway;
using Vigia.Gateway.Clusters;
using Vigia.Kubernetes.Configuration;
using Vigia.Kubernetes.Transport;

namespace Vigia.Commands;

/// <summary><c>vigia serve</c>: the gateway on a real cluster.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var listen = CommonOptions.Listen();
        var config = new Option<string[]>("--config") { Description = "A catalog file (YAML) that adds or replaces resources; may be given more than once.", AllowMultipleArgumentsPerToken = false };
        var log = CommonOptions.Log(LogLevel.Information);
        var insecure = new Option<bool>("--insecure") { Description = "Listen on an address that others can reach although nobody is asked who he is." };
        var command = new Command("serve", """
            Serve a cluster's live state as SSE, REST and a page.

            Examples:
              vigia serve
              vigia serve --context prod --listen http://127.0.0.1:9000
              curl -N http://127.0.0.1:8001/api/v1/pods/stream
            """) { kubeconfig, context, listen, config, insecure, log };
        command.SetAction((parsed, cancellationToken) => ExitCodes.RunAsync("serve", async () =>
        {
            var address = parsed.GetValue(listen)!;
            if (!address.IsLoopback && !parsed.GetValue(insecure))
            {
                throw new UsageException($"{address.GetLeftPart(UriPartial.Authority)} can be reached by others, and nobody is asked who he is; listen on 127.0.0.1, or say --insecure");
            }

            var cluster = KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context));
            var catalog = ResourceCatalog.Load(parsed.GetValue(config) ?? []);
            using var loggers = Loggers.Create(parsed.GetValue(log));
            await using var client = new KubernetesClient(cluster, loggers: loggers);

            // A server that cannot be reached now is no reason to end: what is served says so, and heals by itself.
            await using var gateway = await GatewayServer.StartAsync(
                new GatewayOptions { Listen = address, Catalog = catalog, Clusters = [new KubernetesClusterSource(client)], Loggers = loggers },
                cancellationToken);
            await Console.Out.WriteLineAsync($"serving {cluster.Context} ({cluster.Server.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped)}) at {gateway.Url.ToString().TrimEnd('/')}; Ctrl-C ends");
            await Stopping.WaitAsync(cancellationToken);
            return 0;
        }, cancellationToken));
        return command;
    }
}
