using System.Text;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Tests.Relations;

public sealed class RelationRuleTests
{
    private static readonly ResourceCatalog Catalog = ResourceCatalog.BuiltIn;

    [Theory]
    [InlineData(
        """{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are """
            + """available"}]}""",
        "cannot be scheduled: 0/3 nodes are available",
        true
    )]
    [InlineData(
        """{"phase":"Running","containerStatuses":[{"name":"app","restartCount":14,"state":{"waiting":"""
            + """{"reason":"CrashLoopBackOff","message":"back-off"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}""",
        "CrashLoopBackOff (exit 137 OOMKilled), 14 restarts",
        true
    )]
    [InlineData(
        """{"phase":"Pending","containerStatuses":[{"name":"app","restartCount":0,"state":{"waiting":"""
            + """{"reason":"ImagePullBackOff","message":"no such image"}}}]}""",
        "ImagePullBackOff (no such image)",
        true
    )]
    [InlineData(
        """{"phase":"Running","containerStatuses":[{"name":"app","restartCount":1,"ready":false,"state":{"running":{}}}]}""",
        "not ready (0/1), 1 restart",
        false
    )]
    public void Why_a_pod_is_not_well_is_told_in_a_line(string status, string line, bool isKnown) =>
        Assert.Equal(
            new PodCause(line, isKnown),
            PodCause.Of(Object($$"""{"metadata":{"name":"a"},"spec":{"containers":[{"name":"app"}]},"status":{{status}}}"""))
        );

    [Fact]
    public void Of_several_containers_the_one_that_failed_is_named() =>
        Assert.Equal(
            "Error (mesh: exit 3)",
            PodCause
                .Of(
                    Object(
                        """
                        {"metadata":{"name":"a"},"spec":{"containers":[{"name":"app"},{"name":"mesh"}]},
                         "status":{"phase":"Running","containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}},{"name":"mesh",
                         "state":{"terminated":{"exitCode":3,"reason":"Error"}}}]}}
                        """
                    )
                )
                .Line
        );

    [Fact]
    public void A_pod_names_its_node_account_volumes_and_what_its_environment_is_read_from()
    {
        var references = References.Of(
            Catalog,
            Catalog.Find("pods")!,
            Object(
                """
                {"metadata":{"name":"a","namespace":"shop"},"spec":{"nodeName":"n1","serviceAccountName":"runner",
                "imagePullSecrets":[{"name":"pull"}],
                 "volumes":[{"name":"a","configMap":{"name":"settings"}},{"name":"b","secret":{"secretName":"key"}},{"name":"c",
                 "persistentVolumeClaim":{"claimName":"disk"}},{"name":"d","projected":{"sources":[{"configMap":{"name":"root-ca"}}]}}],
                 "containers":[{"name":"app","env":[{"name":"K","valueFrom":{"secretKeyRef":{"name":"key","key":"k"}}}],
                 "envFrom":[{"configMapRef":{"name":"settings"}}]}]}}
                """
            )
        );

        Assert.Equal(
            [
                "nodes//n1 runs-on",
                "serviceaccounts/shop/runner runs-as",
                "secrets/shop/pull pulls-with",
                "configmaps/shop/settings mounts",
                "secrets/shop/key mounts",
                "persistentvolumeclaims/shop/disk mounts",
                "configmaps/shop/root-ca mounts",
                "configmaps/shop/settings reads",
                "secrets/shop/key reads",
            ],
            references.Select(reference => $"{reference.Target} {reference.Kind}")
        );
    }

    [Theory]
    [InlineData("apps/v1beta1", "Deployment", "deployments")]
    [InlineData("v1", "Pod", "pods")]
    [InlineData("example.org/v1", "Pod", null)]
    [InlineData("v1", null, null)]
    public void A_kind_is_found_by_its_group_whatever_the_version(string apiVersion, string? kind, string? resource) =>
        Assert.Equal(resource, References.EntryOf(Catalog, apiVersion, kind)?.Name);

    private static RawObject Object(string json) => RawObject.Parse(Encoding.UTF8.GetBytes(json));
}
