using System.Text.Json;
using Vigia.Terminal.Objects;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Tests.Texts;

public sealed class YamlTextTests
{
    [Fact]
    public void Yaml_is_as_kubectl_writes_it()
    {
        using var json = JsonDocument.Parse("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"app":"x","n":"1","t":"true"},"managedFields":[{"manager":"m"}]},"spec":{"containers":[{"name":"c","args":["--v=2","a: b"],"env":[]}],"x":{},"n":3,"b":false,"script":"one\ntwo\n","tail":"one\ntwo","empty":""}}""");

        Snapshot.Matches(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              labels:
                app: x
                "n": "1"
                t: "true"
              managedFields: # 1 entries folded; m shows them
              name: a
            spec:
              b: false
              containers:
              - args:
                - --v=2
                - 'a: b'
                env: []
                name: c
              empty: ""
              "n": 3
              script: |
                one
                two
              tail: |-
                one
                two
              x: {}
            """,
            string.Join('\n', YamlText.Write(json.RootElement, foldManagedFields: true).Select(line => line.Plain)));
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        const int seed = 5;
        var random = new Random(seed);
        string[] nasty = ["", " ", "a", "1", "1.5", "1e3", "0x1F", "true", "no", "null", "~", "- a", "a: b", "a #b", "#c", "'q'", "\"q\"", "a\nb", "a\n", "a\n\n", " lead\nx", "\n", "x: ", "@a", "%b", "`c`", "{d}", "[e]", "&f", "*g", "!h", "|", ">", "2020-01-01", "12:30", "é日本", "tab\there", "a\\b", "back\u0007bell", "-", "?", ":", "end:", "1_000", ".5", "+1", "y", "<<", "=", "a,b"];
        for (var round = 0; round < 300; round++)
        {
            var map = Enumerable.Range(0, 6).ToDictionary(i => "k" + i + nasty[random.Next(nasty.Length)].ReplaceLineEndings("").Replace("\t", "", StringComparison.Ordinal), _ => (object)new[] { nasty[random.Next(nasty.Length)], nasty[random.Next(nasty.Length)] });
            map["s"] = nasty[random.Next(nasty.Length)];
            using var before = JsonDocument.Parse(JsonSerializer.Serialize(map));
            var text = YamlText.WriteText(before.RootElement);
            using var after = JsonDocument.Parse(YamlJson.Convert(text));
            Assert.True(JsonElement.DeepEquals(before.RootElement, after.RootElement), $"seed {seed}, round {round}:\n{before.RootElement}\n{text}\n{after.RootElement}");
        }
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("\t", "a")]
    [InlineData("a\t", "b")]
    [InlineData("b\t", null)]
    [InlineData("a\t\t", null)]
    [InlineData("b", "b")]
    public void Tab_goes_through_the_containers(string? wanted, string? expected) => Assert.Equal(expected, LogsDocument.Choose(wanted, ["a", "b"]));
}
