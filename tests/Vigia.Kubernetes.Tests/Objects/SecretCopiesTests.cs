using System.Text;
using Vigia.Kubernetes.Objects;

namespace Vigia.Kubernetes.Tests.Objects;

public sealed class SecretCopiesTests
{
    [Theory]
    [InlineData("""{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"p\":\"SECRET\"}}"}""", "{}")]
    [InlineData("""{"a":"1","kubectl.kubernetes.io/last-applied-configuration":"SECRET","b":"2"}""", """{"a":"1","b":"2"}""")]
    [InlineData("""{"some.tool/copy":"{\"kind\":\"Secret\",\"stringData\":{\"p\":\"SECRET\"}}", "z" : "9"}""", """{"z" : "9"}""")]
    [InlineData("""{"kapp.k14s.io/original":"SECRET","objectset.rio.cattle.io/applied":"SECRET"}""", "{}")]
    public void Copies_in_annotations_are_taken_out_before_anything_is_kept(string annotations, string expected)
    {
        var decoder = new ObjectDecoder { LeavesSecretsOut = true };
        var json = $$$"""{"kind":"PartialObjectMetadata","metadata":{"name":"s","namespace":"n","annotations":{{{annotations}}},"managedFields":[],"uid":"u"},"apiVersion":"meta.k8s.io/v1"}""";

        using var body = decoder.Decode(Encoding.UTF8.GetBytes(json)).Open();

        Assert.Equal(json.Replace(annotations, expected, StringComparison.Ordinal).Replace(",\"managedFields\":[]", "", StringComparison.Ordinal), Encoding.UTF8.GetString(body.Span));
    }
}
