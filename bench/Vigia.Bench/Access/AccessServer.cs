using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Bench.Access;

/// <summary>
/// <c>access-serve</c>: a gateway that asks a cluster about its callers, in a process of its own; each line on standard
/// input is answered with its resident bytes and those of its heap, with <c>collect</c> after a collection.
/// </summary>
internal static class AccessServer
{
    public static Command Create()
    {
        var cluster = new Argument<string>("cluster") { Description = "The API server's address." };
        var command = new Command("access-serve", "The gateway of access-storm; driven over standard input.") { cluster };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                await using var client = new KubernetesClient(
                    new ClusterConfiguration
                    {
                        Context = "sim",
                        Cluster = "sim",
                        Server = new Uri(parsed.GetValue(cluster)!),
                        Credentials = new StaticCredential(new Credential("Bearer admin-token", null)),
                    }
                );
                await using var gateway = await GatewayServer.StartAsync(
                    new GatewayOptions
                    {
                        Listen = new Uri("http://127.0.0.1:0"),
                        Clusters = [new KubernetesClusterSource(client)],
                        Access = new AccessOptions { Mode = AuthMode.Kubernetes },
                    },
                    cancellationToken
                );
                Console.WriteLine(gateway.Url);
                while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
                {
                    var held = GC.GetTotalMemory(forceFullCollection: line == "collect");
                    using var self = Process.GetCurrentProcess();
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{self.WorkingSet64} {held}"));
                }

                return 0;
            }
        );
        return command;
    }
}
