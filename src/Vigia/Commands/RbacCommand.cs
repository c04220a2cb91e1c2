using System.CommandLine;
using System.Text.RegularExpressions;
using Vigia.Gateway.Access;
using Vigia.Gateway.Configuration;
using Vigia.Gateway.Rbac;

namespace Vigia.Commands;

/// <summary><c>vigia rbac</c>: the rights a gateway needs, as a manifest.</summary>
internal static partial class RbacCommand
{
    public static Command Create()
    {
        var config = new Option<string[]>("--config")
        {
            Description = "The gateway's configuration file (YAML), for its catalog, namespace and authentication; repeatable.",
        };
        var auth = CommonOptions.Choice<AuthMode>(
            "--auth",
            "As for vigia serve: kubernetes adds the rights for TokenReviews and SubjectAccessReviews."
        );
        var ns = new Option<string?>("--namespace", "-n") { Description = "Rights in this namespace only, for vigia serve --namespace." };
        var account = new Option<string>("--service-account")
        {
            Description = "NAMESPACE/NAME of the service account. Default: vigia/vigia.",
            DefaultValueFactory = _ => "vigia/vigia",
        };
        var name = new Option<string>("--name")
        {
            Description = "The name of the role and its binding. Default: vigia.",
            DefaultValueFactory = _ => "vigia",
        };
        var groups = new Option<string[]>("--custom-group")
        {
            Description = "An API group whose custom resources may be read; repeatable, * for all.",
        };
        var secrets = new Option<bool>("--secrets")
        {
            Description =
                "Allow listing Secrets. RBAC cannot grant their metadata alone, so anyone with the account's token "
                + "can then read all their values. Without this option Secrets are reported as denied.",
        };
        var command = new Command(
            "rbac",
            """
            Print RBAC manifests for exactly the resources that the gateway watches.

            Examples:
              vigia rbac | kubectl apply -f -
              vigia rbac --config vigia.yaml --auth kubernetes
              vigia rbac --namespace shop --service-account shop/vigia
            """
        )
        {
            config,
            auth,
            ns,
            account,
            name,
            groups,
            secrets,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                ExitCodes.RunAsync(
                    "rbac",
                    async () =>
                    {
                        var configuration = ConfigurationFile.Load(parsed.GetValue(config) ?? [], EnvironmentOverrides.OfProcess());
                        var where = parsed.GetValue(account)!.Split('/');
                        var names = new List<string>([parsed.GetValue(name)!, .. where]);
                        var scope = parsed.GetValue(ns) ?? configuration.Clusters.Namespace;
                        if (scope is not null)
                        {
                            names.Add(scope);
                        }

                        if (where.Length != 2 || names.Find(part => !Name().IsMatch(part)) is not null)
                        {
                            throw new UsageException(
                                $"'{names.Find(part => !Name().IsMatch(part)) ?? parsed.GetValue(account)}' is not a valid Kubernetes "
                                    + "name; --service-account is NAMESPACE/NAME, for example vigia/vigia"
                            );
                        }

                        await Console.Out.WriteAsync(
                            RbacManifest.Write(
                                configuration.Catalog,
                                new RbacOptions
                                {
                                    Name = parsed.GetValue(name)!,
                                    ServiceAccountNamespace = where[0],
                                    ServiceAccount = where[1],
                                    Namespace = scope,
                                    Mode = parsed.GetResult(auth) is { Implicit: false }
                                        ? parsed.GetValue(auth)
                                        : configuration.Access.Mode,
                                    CustomResources = configuration.Clusters.CustomResources,
                                    Secrets = parsed.GetValue(secrets),
                                    CustomGroups = parsed.GetValue(groups) ?? [],
                                }
                            )
                        );
                        return 0;
                    },
                    cancellationToken
                )
        );
        return command;
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    private static partial Regex Name();
}
