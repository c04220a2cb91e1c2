using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Rbac;
using Vigia.Gateway.Tests.Clusters;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;
using YamlDotNet.RepresentationModel;

namespace Vigia.Gateway.Tests.Rbac;

public sealed class RbacTests
{
    [Fact]
    public void Secrets_are_read_only_where_that_was_said()
    {
        Assert.DoesNotContain("secrets", RbacManifest.Write(ResourceCatalog.BuiltIn, new RbacOptions()), StringComparison.Ordinal);
        Assert.Contains(
            "\"secrets\"",
            RbacManifest.Write(ResourceCatalog.BuiltIn, new RbacOptions { Secrets = true }),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task With_exactly_the_printed_rights_everything_in_the_catalog_loads()
    {
        var rules = RulesOf(RbacManifest.Write(ResourceCatalog.BuiltIn, new RbacOptions { Secrets = true }), "ClusterRole");
        await using var fixture = await ClustersFixture.StartAsync();
        await fixture.AddAsync(
            "one",
            new SimulatorOptions
            {
                Users =
                [
                    SimulatedUser.Admin,
                    new SimulatedUser
                    {
                        Name = "vigia",
                        Token = "vigia",
                        Rules = rules,
                    },
                ],
                AnonymousRules = [],
            },
            "vigia"
        );
        fixture.Write();
        var gateway = await fixture.GatewayAsync();
        var session = gateway.Clusters.Sessions[0];
        foreach (var feed in session.Feeds)
        {
            feed.Want();
        }

        await Eventually.TrueAsync(
            () => session.Feeds.All(feed => FeedState.Of(feed).Word is "synced" or "absent"),
            "all is loaded",
            TimeSpan.FromSeconds(20)
        );
        Assert.Equal(0, rules.Sum(rule => rule.Verbs.Count(verb => verb is not ("list" or "watch"))));

        // Custom resources are found through their definitions, which the rights include.
        await fixture["one"].Objects.CreateAsync(CustomResourceTests.Definition("example.com", ""));
        await Eventually.TrueAsync(() => gateway.Clusters.Catalog.Find("widgets") is not null, "the definition is seen");
    }

    [Fact]
    public void Rights_follow_the_catalog_the_namespace_and_the_kind_of_access()
    {
        var plain = RbacManifest.Write(ResourceCatalog.BuiltIn, new RbacOptions { CustomResources = false });
        Assert.DoesNotContain("tokenreviews", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("customresourcedefinitions", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("example.com", plain, StringComparison.Ordinal);

        var all = RulesOf(
            RbacManifest.Write(ResourceCatalog.BuiltIn, new RbacOptions { Mode = AuthMode.Kubernetes, CustomGroups = ["example.com"] }),
            "ClusterRole"
        );
        Assert.Equal(["create"], all.Single(rule => rule.Resources.Contains("tokenreviews")).Verbs);
        Assert.Equal(["create"], all.Single(rule => rule.Resources.Contains("subjectaccessreviews")).Verbs);
        Assert.Equal(["*"], all.Single(rule => rule.ApiGroups.Contains("example.com")).Resources);

        var scoped = RbacManifest.Write(ResourceCatalog.BuiltIn, new RbacOptions { Namespace = "shop" });
        Assert.Contains(RulesOf(scoped, "Role"), rule => rule.Resources.Contains("pods"));
        Assert.DoesNotContain(RulesOf(scoped, "Role"), rule => rule.Resources.Contains("nodes"));
        Assert.Contains(RulesOf(scoped, "ClusterRole"), rule => rule.Resources.Contains("nodes"));
        Assert.DoesNotContain(RulesOf(scoped, "ClusterRole"), rule => rule.Resources.Contains("pods"));
    }

    private static PolicyRule[] RulesOf(string manifest, string kind)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(manifest));
        var roles = yaml.Documents.Select(document => (YamlMappingNode)document.RootNode).Where(root => root["kind"].ToString() == kind);
        return
        [
            .. roles
                .SelectMany(role => (YamlSequenceNode)role["rules"])
                .Cast<YamlMappingNode>()
                .Select(rule => new PolicyRule
                {
                    ApiGroups = Texts(rule, "apiGroups"),
                    Resources = Texts(rule, "resources"),
                    Verbs = Texts(rule, "verbs"),
                }),
        ];
    }

    private static string[] Texts(YamlMappingNode rule, string name) => [.. ((YamlSequenceNode)rule[name]).Select(item => item.ToString())];
}
