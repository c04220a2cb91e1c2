namespace Vigia.Kubernetes.Tests.Objects;

/// <summary>A resource's name as text, and back.</summary>
public sealed class GroupVersionResourceTests
{
    [Theory]
    [InlineData("pods.v1", "", "v1", "pods")]
    [InlineData("deployments.v1.apps", "apps", "v1", "deployments")]
    [InlineData("certificates.v1alpha2.cert-manager.io", "cert-manager.io", "v1alpha2", "certificates")]
    public void What_ToString_writes_is_read_back(string text, string group, string version, string resource)
    {
        var expected = new GroupVersionResource(group, version, resource);

        Assert.Equal(text, expected.ToString());
        Assert.Equal(expected, GroupVersionResource.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pods")]
    [InlineData("deployments.apps")]
    [InlineData("pods.v1.")]
    [InlineData(".v1.apps")]
    [InlineData("pods.vx")]
    public void Text_that_lacks_a_part_is_refused_with_an_example(string text) =>
        Assert.Contains(
            "deployments.v1.apps",
            Assert.Throws<FormatException>(() => GroupVersionResource.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Known_resources_are_named_as_their_properties()
    {
        var known = typeof(KnownResources)
            .GetProperties()
            .Select(property => (property.Name, (GroupVersionResource)property.GetValue(null)!))
            .ToList();

        Assert.NotEmpty(known);
        Assert.All(known, one => Assert.Equal(one.Name, one.Item2.Resource, ignoreCase: true));
    }
}
