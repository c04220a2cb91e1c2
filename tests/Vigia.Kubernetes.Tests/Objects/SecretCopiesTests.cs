using System.Text;

namespace Vigia.Kubernetes.Tests.Objects;

public sealed class SecretCopiesTests
{
    [Theory]
    [InlineData(
        """{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"p\":\"SECRET\"}}"}""",
        """{"kubectl.kubernetes.io/last-applied-configuration":""}"""
    )]
    [InlineData(
        """{"helm.sh/hook":"1","kubectl.kubernetes.io/last-applied-configuration":"SECRET","meta.helm.sh/release-name":"2"}""",
        """{"helm.sh/hook":"1","kubectl.kubernetes.io/last-applied-configuration":"","meta.helm.sh/release-name":"2"}"""
    )]
    [InlineData(
        """{"some.tool/copy":"{\"kind\":\"Secret\",\"stringData\":{\"p\":\"SECRET\"}}", "argocd.argoproj.io/sync-wave" : "9"}""",
        """{"some.tool/copy":"","argocd.argoproj.io/sync-wave" : "9"}"""
    )]
    [InlineData(
        """{"kapp.k14s.io/original":"SECRET","objectset.rio.cattle.io/applied":"SECRET"}""",
        """{"kapp.k14s.io/original":"","objectset.rio.cattle.io/applied":""}"""
    )]
    // Packed, encoded, as YAML, as JSON within JSON, as a patch: nobody can list what a copy looks like.
    [InlineData("""{"banzaicloud.com/last-applied":"UEsDBBQACAAIAA"}""", """{"banzaicloud.com/last-applied":""}""")]
    [InlineData("""{"custom/b64":"eyJkYXRhIjp7InB3IjoiU0VDUkVUIn19"}""", """{"custom/b64":""}""")]
    [InlineData("""{"custom/yaml":"apiVersion: v1\ndata:\n  pw: SECRET\n"}""", """{"custom/yaml":""}""")]
    [InlineData("""{"custom/nested":"{\"original\":\"{\\\"data\\\":1}\"}"}""", """{"custom/nested":""}""")]
    [InlineData("""{"custom/patch":"[{\"op\":\"add\",\"path\":\"/data/pw\",\"value\":\"SECRET\"}]"}""", """{"custom/patch":""}""")]
    [InlineData("""{"cert-manager.io/common-name":"LONG"}""", """{"cert-manager.io/common-name":""}""")]
    public void Copies_in_annotations_are_taken_out_before_anything_is_kept(string annotations, string expected)
    {
        annotations = annotations.Replace("LONG", new string('x', 300), StringComparison.Ordinal);
        var decoder = new ObjectDecoder { LeavesSecretsOut = true };
        var json =
            $$$"""{"kind":"PartialObjectMetadata","metadata":{"name":"s","namespace":"n","annotations":{{{annotations}}}"""
            + $$$""","managedFields":[],"uid":"u"},"apiVersion":"meta.k8s.io/v1"}""";

        using var body = decoder.Decode(Encoding.UTF8.GetBytes(json)).Open();

        Assert.Equal(
            json.Replace(annotations, expected, StringComparison.Ordinal).Replace(",\"managedFields\":[]", "", StringComparison.Ordinal),
            Encoding.UTF8.GetString(body.Span)
        );
    }
}
