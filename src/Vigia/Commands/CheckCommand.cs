using System.CommandLine;
using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Gateway.Configuration;
using Vigia.Kubernetes;

namespace Vigia.Commands;

/// <summary><c>vigia check</c>: what will work and what will not, resource by resource.</summary>
internal static partial class CheckCommand
{
    public static Command Create()
    {
        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var config = new Option<string[]>("--config") { Description = "A configuration or catalog file (YAML); repeatable." };
        var audit = new Option<bool>("--audit")
        {
            Description = "Also watch every permitted resource, and compare the cache with a list of the server.",
        };
        var seconds = CommonOptions.Number(
            "--audit-for",
            0,
            0,
            86_400,
            "With --audit: keep auditing for this many seconds, round after round; 0 for one round."
        );
        var patience = CommonOptions.Number(
            "--audit-patience",
            120,
            1,
            3600,
            "With --audit: seconds to wait for an object that seems to differ; a server reports its progress once a minute."
        );
        var command = new Command(
            "check",
            """
            Check a cluster: is it reachable, what does it serve, which rights are missing.
            Exit codes:
              0  every resource of the catalog that the server has can be watched
              1  a resource could not be checked or audited
              5  a right is missing
              6  an audit (--audit) found a difference between cache and server

            Examples:
              vigia check
              vigia check --context staging
              vigia check --audit --audit-for 600
            """
        )
        {
            kubeconfig,
            context,
            config,
            audit,
            seconds,
            patience,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunPrintingAsync(
                    "check",
                    async ended =>
                    {
                        var cluster = KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context));
                        var catalog = ConfigurationFile.Load(parsed.GetValue(config) ?? [], EnvironmentOverrides.OfProcess()).Catalog;
                        await using var output = new CleanWriter(Console.Out);
                        await using var client = new KubernetesClient(cluster);
                        var found = await CheckAsync(client, catalog, output, ended);
                        if (!parsed.GetValue(audit))
                        {
                            return found.Missing > 0 ? ExitCodes.Denied
                                : found.Unknown + found.Unread > 0 ? ExitCodes.Failed
                                : 0;
                        }

                        // An audit reads everything it can; a right that the review left open shows by itself.
                        var (lasting, waiting) = (
                            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                            TimeSpan.FromSeconds(parsed.GetValue(patience))
                        );
                        var audited = await AuditAsync(client, found.Readable, lasting, waiting, output, ended);
                        return audited != 0 ? audited
                            : found.Missing > 0 ? ExitCodes.Denied
                            : found.Unread > 0 ? ExitCodes.Failed
                            : 0;
                    },
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>Prints the cluster, and a line for each resource.</summary>
    private static async Task<Findings> CheckAsync(
        KubernetesClient client,
        ResourceCatalog catalog,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        // 1. Where, as whom.
        var cluster = client.Configuration;
        var user = cluster.User ?? "anonymous";
        await output.WriteLineAsync($"context     {cluster.Context}{(cluster.SourceFile is { } file ? $" ({file})" : "")}");
        await output.WriteLineAsync(
            $"server      "
                + $"{CommonOptions.Address(cluster.Server)}{(cluster.InsecureSkipTlsVerify ? ", its certificate is not checked" : "")}"
        );
        await output.WriteLineAsync($"user        {user}");

        // 2. Does it answer, and which resources does it have?
        var rights = new RightsCheck(client, TimeProvider.System);
        var discovery = new DiscoveryClient(client);
        await output.WriteLineAsync($"version     {await VersionAsync(discovery, rights, cancellationToken)}");
        var resources = await rights.AskAsync(() => discovery.GetResourcesAsync(cancellationToken), cancellationToken);
        foreach (var (group, reason) in resources.Failures)
        {
            await output.WriteLineAsync($"{group}: unavailable: {TextWidth.CleanLine(reason)}");
        }

        // 3. Resource by resource.
        var served = resources.Resources.Where(resource => resource.CanWatch).Select(resource => resource.Resource).ToHashSet();
        var findings = new Findings();
        await output.WriteLineAsync($"\n{"RESOURCE", -28}{"VERSION", -28}WATCH");
        foreach (var entry in catalog.Entries)
        {
            var version = entry.Versions.Cast<GroupVersionResource?>().FirstOrDefault(version => served.Contains(version!.Value));
            if (version is not { } found)
            {
                var unread = resources.Failures.Any(failure => entry.Versions.Any(each => IsOf(failure.Group, each)));
                findings.Unread += unread ? 1 : 0;
                var why = unread ? "unknown: its API group is unavailable, see above" : "not served by the server";
                await output.WriteLineAsync($"{entry.Name, -28}{"-", -28}{why}");
                continue;
            }

            var (lacks, unknown) = await rights.OfAsync(found, cancellationToken);
            findings.Missing += lacks.Count > 0 ? 1 : 0;
            findings.Unknown += unknown is not null ? 1 : 0;
            if (lacks.Count == 0)
            {
                findings.Readable.Add((entry, found));
            }

            var says =
                lacks.Count > 0 ? $"no: {user} may not {string.Join(" and ", lacks)} {found.GroupResource} in all namespaces"
                : unknown is null ? "yes"
                : $"unknown: {TextWidth.CleanLine(unknown)}";
            await output.WriteLineAsync($"{entry.Name, -28}{found.ApiVersion, -28}{says}");
        }

        // 4. What would help.
        if (findings.Missing > 0)
        {
            await output.WriteLineAsync(
                $"\n{findings.Missing} of {catalog.Entries.Count} resources cannot be watched: bind a ClusterRole "
                    + $"with the verbs list and watch on them to {user}"
            );
        }

        if (findings.Unknown + findings.Unread > 0)
        {
            await output.WriteLineAsync(
                $"\n{findings.Unknown + findings.Unread} of {catalog.Entries.Count} resources were not checked: "
                    + "try again later, or use --audit, which reads them"
            );
        }

        return findings;
    }

    private static async Task<string> VersionAsync(DiscoveryClient discovery, RightsCheck rights, CancellationToken cancellationToken)
    {
        try
        {
            return await rights.AskAsync(() => discovery.GetServerVersionAsync(cancellationToken), cancellationToken);
        }
        catch (KubernetesApiException refused) when (!refused.IsUnauthorized)
        {
            return $"unknown: {TextWidth.CleanLine(refused.Message)}";
        }
    }

    /// <summary>A failure names a path (<c>/apis/apps/v1</c>) or a group and version (<c>apps/v1</c>).</summary>
    private static bool IsOf(string failure, GroupVersionResource version) =>
        failure == version.ApiVersion || failure == $"/apis/{version.ApiVersion}" || failure == $"/api/{version.ApiVersion}";

    /// <summary>The findings of a check.</summary>
    private sealed class Findings
    {
        /// <summary>Resources that may be watched, and those whose rights are unknown.</summary>
        public List<(ResourceEntry Entry, GroupVersionResource Version)> Readable { get; } = [];

        /// <summary>Resources without a right.</summary>
        public int Missing { get; set; }

        /// <summary>Resources whose rights could not be asked for.</summary>
        public int Unknown { get; set; }

        /// <summary>Resources whose group could not be asked for.</summary>
        public int Unread { get; set; }
    }
}
