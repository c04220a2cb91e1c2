using System.CommandLine;
using Vigia.Catalog;
using Vigia.Catalog.Definitions;
using Vigia.Catalog.Searching;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Commands;

/// <summary><c>vigia watch</c>: changes of a resource to standard output.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var resource = new Argument<string>("RESOURCE")
        {
            Description = "The resource, by any name that kubectl accepts: pods, po, deployments.apps.",
        };
        var ns = new Option<string?>("--namespace", "-n") { Description = "Only this namespace. Default: the context's." };
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "All namespaces." };
        var selector = new Option<string?>("--selector", "-l") { Description = "A label selector, evaluated by the server." };
        var fields = new Option<string?>("--field-selector") { Description = "A field selector, evaluated by the server." };
        var format = new Option<string>("--output", "-o")
        {
            Description = "table, wide, json (one object per line) or diff (the changed paths and the field manager). Default: table.",
            DefaultValueFactory = _ => "table",
        };
        CommonOptions.OneOf(format, "table", "wide", "json", "diff");
        var changesOnly = new Option<bool>("--changes-only") { Description = "Print only changes, not the existing objects." };
        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var command = new Command(
            "watch",
            """
            Print the objects of a resource, then each change on a line, until stopped.

            Examples:
              vigia watch pods -A
              vigia watch deploy -n shop -l tier=web -o diff
              vigia watch events -A -o json | jq .row.message
            """
        )
        {
            resource,
            ns,
            all,
            selector,
            fields,
            format,
            changesOnly,
            kubeconfig,
            context,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunPrintingAsync(
                    "watch",
                    async ended =>
                    {
                        var labels = parsed.GetValue(selector);
                        if (
                            !LabelSelector.TryParse(labels, out _, out var wrong)
                            || !FieldSelector.TryParse(parsed.GetValue(fields), out _, out wrong)
                        )
                        {
                            throw new UsageException(wrong);
                        }

                        var cluster = KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context));
                        await using var client = new KubernetesClient(cluster);
                        var (entry, version) = await ResolveAsync(client, parsed.GetValue(resource)!, ended);
                        var scope =
                            parsed.GetValue(all) || !entry.Namespaced ? null : parsed.GetValue(ns) ?? cluster.Namespace ?? "default";
                        var options = new ListerWatcherOptions
                        {
                            Namespace = scope,
                            LabelSelector = labels,
                            FieldSelector = parsed.GetValue(fields),
                            MetadataOnly = entry.MetadataOnly,
                        };
                        await using var informer = new SharedInformer(new ResourceListerWatcher(client, cluster.Context, version, options));
                        var printer = new WatchPrinter(
                            informer,
                            entry,
                            parsed.GetValue(format)!,
                            withNamespace: scope is null && entry.Namespaced,
                            parsed.GetValue(changesOnly),
                            Console.Out,
                            Console.Error,
                            TimeProvider.System
                        );
                        informer.Start();
                        await printer.RunAsync(ended);
                        return 0;
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private static string Meant(string name, ApiResourceList served) =>
        NearestName.Of(name, served.Resources.SelectMany(resource => resource.ShortNames.Append(resource.Resource.Resource))) is { } near
            ? $", did you mean '{near}'?"
            : "";

    private static async Task<(ResourceEntry Entry, GroupVersionResource Version)> ResolveAsync(
        KubernetesClient client,
        string name,
        CancellationToken cancellationToken
    )
    {
        var served = await new DiscoveryClient(client).GetResourcesAsync(cancellationToken);
        if (ResourceCatalog.BuiltIn.Find(name) is { } known)
        {
            foreach (var version in known.Versions)
            {
                if (served.Resources.Any(resource => resource.Resource == version))
                {
                    return (known, version);
                }
            }
        }

        var match = ServedName.Of(served, name);
        var found =
            match.Found
            ?? throw new UsageException(
                match.Ambiguity(name)
                    ?? $"the server of context \"{client.Configuration.Context}\" does not have the resource "
                        + $"'{name}'{Meant(name, served)}; see kubectl api-resources"
            );
        if (ResourceCatalog.BuiltIn.Entries.FirstOrDefault(entry => entry.Versions.Contains(found.Resource)) is { } builtIn)
        {
            return (builtIn, found.Resource);
        }

        return found.CanWatch
            ? ((await DiscoveredEntry.ReadAsync(client, served, found, cancellationToken)).Entry, found.Resource)
            : throw new UsageException(
                $"'{name}' ({found.Resource}) cannot be watched: the server supports only {string.Join(", ", found.Verbs)}"
            );
    }
}
