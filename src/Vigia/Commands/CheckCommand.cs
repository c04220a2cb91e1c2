using System.CommandLine;
using Vigia.Catalog;
using Vigia.Gateway.Configuration;
using Vigia.Kubernetes.Access;
using Vigia.Kubernetes.Configuration;
using Vigia.Kubernetes.Discovery;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;

namespace Vigia.Commands;

/// <summary><c>vigia check</c>: what will work and what will not, resource by resource.</summary>
internal static partial class CheckCommand
{
    private static readonly string[] Verbs = ["list", "watch"];

    public static Command Create()
    {
        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var config = new Option<string[]>("--config") { Description = "A configuration or catalog file (YAML); may be given more than once." };
        var audit = new Option<bool>("--audit") { Description = "Also follow every resource that can be watched, and compare what is held with what the server lists." };
        var seconds = CommonOptions.Number("--audit-for", 0, 0, 86_400, "With --audit: go on auditing for so many seconds, one round after the other; 0 for one round.");
        var patience = CommonOptions.Number("--audit-patience", 120, 1, 3600, "With --audit: how many seconds an object that seems to differ is waited for before it is said to differ; a server tells once a minute how far it is.");
        var command = new Command("check", """
            Tell what will work against a cluster: reachability, versions, rights.
            Ends with 0 where everything in the catalog that the server has can be watched, with 5 where a right is missing. With --audit: with 6 where a cache was
            found to differ from the server, with 1 where a resource could not be audited.

            Examples:
              vigia check
              vigia check --context staging
              vigia check --audit --audit-for 600
            """) { kubeconfig, context, config, audit, seconds, patience };
        command.SetAction((parsed, cancellationToken) => ExitCodes.RunAsync("check", async () =>
        {
            // 1. Where, as whom.
            var cluster = KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context));
            var catalog = ConfigurationFile.Load(parsed.GetValue(config) ?? []).Catalog;
            var output = Console.Out;
            await output.WriteLineAsync($"context     {cluster.Context}{(cluster.SourceFile is { } file ? $" ({file})" : "")}");
            await output.WriteLineAsync($"server      {cluster.Server.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped)}{(cluster.InsecureSkipTlsVerify ? ", its certificate is not checked" : "")}");
            await output.WriteLineAsync($"user        {cluster.User ?? "anonymous"}");

            // 2. Does it answer, and what has it?
            await using var client = new KubernetesClient(cluster);
            var discovery = new DiscoveryClient(client);
            await output.WriteLineAsync($"version     {await discovery.GetServerVersionAsync(cancellationToken)}");
            var resources = await discovery.GetResourcesAsync(cancellationToken);
            foreach (var (group, reason) in resources.Failures)
            {
                await output.WriteLineAsync($"{group}: cannot be asked: {reason}");
            }

            // 3. Resource by resource.
            var access = new AccessClient(client);
            var served = resources.Resources.Where(resource => resource.CanWatch).Select(resource => resource.Resource).ToHashSet();
            var missing = 0;
            var readable = new List<(ResourceEntry Entry, GroupVersionResource Version)>();
            await output.WriteLineAsync($"\n{"RESOURCE",-28}{"VERSION",-28}WATCH");
            foreach (var entry in catalog.Entries)
            {
                var version = entry.Versions.Cast<GroupVersionResource?>().FirstOrDefault(version => served.Contains(version!.Value));
                if (version is not { } found)
                {
                    await output.WriteLineAsync($"{entry.Name,-28}{"-",-28}the server does not have it");
                    continue;
                }

                var lacks = new List<string>();
                foreach (var verb in Verbs)
                {
                    if (!(await access.CanIAsync(verb, found, ct: cancellationToken)).IsAllowed)
                    {
                        lacks.Add(verb);
                    }
                }

                missing += lacks.Count > 0 ? 1 : 0;
                if (lacks.Count == 0)
                {
                    readable.Add((entry, found));
                }

                await output.WriteLineAsync($"{entry.Name,-28}{found.ApiVersion,-28}{(lacks.Count == 0 ? "yes" : $"no: {cluster.User ?? "anonymous"} may not {string.Join(" and ", lacks)} {found.GroupResource} in all namespaces")}");
            }

            if (missing > 0)
            {
                await output.WriteLineAsync($"\n{missing} of {catalog.Entries.Count} resources cannot be watched: a ClusterRole with the verbs list and watch on them, bound to {cluster.User ?? "anonymous"}, would help");
            }

            var audited = parsed.GetValue(audit)
                ? await AuditAsync(client, readable, TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromSeconds(parsed.GetValue(patience)), output, cancellationToken)
                : 0;
            return audited != 0 ? audited : missing == 0 ? 0 : ExitCodes.Denied;
        }, cancellationToken));
        return command;
    }
}
