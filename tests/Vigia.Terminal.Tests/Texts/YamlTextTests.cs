using System.Text;
using System.Text.Json;
using Vigia.Kubernetes.Objects;
using Vigia.Terminal.Documents;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Tests.Texts;

public sealed class YamlTextTests
{
    [Fact]
    public void Yaml_is_as_kubectl_writes_it()
    {
        using var json = JsonDocument.Parse(
            """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","labels":{"app":"x","n":"1","t":"true"},"managedFields":"""
                + """[{"manager":"m"}]},"spec":{"containers":[{"name":"c","args":["--v=2","a: """
                + """b"],"env":[]}],"x":{},"n":3,"b":false,"script":"one\ntwo\n","tail":"one\ntwo","empty":""}}"""
        );

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
            string.Join('\n', YamlText.Write(json.RootElement, foldManagedFields: true).Select(line => line.Plain))
        );
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        const int seed = 5;
        var random = new Random(seed);
        string[] nasty =
        [
            "",
            " ",
            "a",
            "1",
            "1.5",
            "1e3",
            "0x1F",
            "true",
            "no",
            "null",
            "~",
            "- a",
            "a: b",
            "a #b",
            "#c",
            "'q'",
            "\"q\"",
            "a\nb",
            "a\n",
            "a\n\n",
            " lead\nx",
            "\n",
            "x: ",
            "@a",
            "%b",
            "`c`",
            "{d}",
            "[e]",
            "&f",
            "*g",
            "!h",
            "|",
            ">",
            "2020-01-01",
            "12:30",
            "é日本",
            "tab\there",
            "a\\b",
            "back\u0007bell",
            "-",
            "?",
            ":",
            "end:",
            "1_000",
            ".5",
            "+1",
            "y",
            "<<",
            "=",
            "a,b",
        ];
        for (var round = 0; round < 300; round++)
        {
            var map = Enumerable
                .Range(0, 6)
                .ToDictionary(
                    i => "k" + i + nasty[random.Next(nasty.Length)].ReplaceLineEndings("").Replace("\t", "", StringComparison.Ordinal),
                    _ => (object)new[] { nasty[random.Next(nasty.Length)], nasty[random.Next(nasty.Length)] }
                );
            map["s"] = nasty[random.Next(nasty.Length)];
            using var before = JsonDocument.Parse(JsonSerializer.Serialize(map));
            var text = YamlText.WriteText(before.RootElement);
            using var after = JsonDocument.Parse(YamlJson.Convert(text));
            Assert.True(
                JsonElement.DeepEquals(before.RootElement, after.RootElement),
                $"seed {seed}, round {round}:\n{before.RootElement}\n{text}\n{after.RootElement}"
            );
        }
    }

    /// <summary>
    /// Every character there is, in every place where it may break a text: alone, at the ends, within, on a line of its
    /// own, in a name.
    /// </summary>
    [Fact]
    public void Every_character_is_read_back_the_same()
    {
        const int seed = 17;
        var random = new Random(seed);
        var texts = new List<string>();
        for (var code = 1; code <= 0x10FFFF; code++)
        {
            if (!Rune.IsValid(code))
            {
                continue;
            }

            var rune = new Rune(code).ToString();
            if (code < 0x3100 || code is >= 0xD000 and <= 0xFFFF)
            {
                texts.AddRange([rune, $"a{rune}b: 2", $"one{rune}two: 2\n", $"a\n{rune}b\n", $"{rune}\nb"]);
            }
            else if (code % 61 == 0)
            {
                // The others are letters and signs: a random run of them.
                texts.Add(
                    string.Concat(Enumerable.Range(0, 12).Select(_ => new Rune(random.Next(0x10000, 0x10FFFF)).ToString()).Prepend(rune))
                );
            }
        }

        foreach (var chunk in texts.Chunk(2_000))
        {
            var before = JsonSerializer.SerializeToElement(
                new { list = chunk, map = chunk.Distinct().ToDictionary(text => text, text => text) }
            );
            var text = YamlText.WriteText(before);
            using var after = JsonDocument.Parse(YamlJson.Convert(text));
            var got = after.RootElement.GetProperty("list").EnumerateArray().Select(item => item.ToString()).ToArray();
            Assert.Equal(chunk, got);
            Assert.True(JsonElement.DeepEquals(before, after.RootElement), $"names of seed {seed}: {JsonSerializer.Serialize(chunk[0])}");
        }
    }

    [Theory]
    [InlineData("edit-yaml-configmap.json")]
    [InlineData("edit-yaml-gadget.json")]
    [InlineData("edit-yaml-ls-block.json")]
    [InlineData("edit-yaml-ls-plain.json")]
    public async Task Objects_with_odd_texts_and_numbers_are_read_back_the_same(string file)
    {
        var before = JsonSerializer.Deserialize<JsonElement>(
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "testdata", file), TestContext.Current.CancellationToken)
        );
        var text = YamlText.WriteText(before);
        using var after = JsonDocument.Parse(YamlJson.Convert(text));
        Assert.True(JsonElement.DeepEquals(before, after.RootElement), text);

        // An editor that changes a marker changes nothing else.
        using var edited = JsonDocument.Parse(YamlJson.Convert(text.Replace("marker: old", "marker: new", StringComparison.Ordinal)));
        var wanted = JsonSerializer.Deserialize<JsonElement>(
            before.ToString().Replace("\"marker\": \"old\"", "\"marker\": \"new\"", StringComparison.Ordinal)
        );
        Assert.False(JsonElement.DeepEquals(before, wanted));
        Assert.True(JsonElement.DeepEquals(wanted, edited.RootElement), text);
    }

    [Theory]
    [InlineData("0644", "420")]
    [InlineData("0o17", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("-0b11", "-3")]
    [InlineData("1_000", "1000")]
    [InlineData("+5", "5")]
    [InlineData(".5", "0.5")]
    [InlineData("1e300", "1e300")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("yes", "true")]
    [InlineData("off", "false")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("08", "8")]
    public void Words_and_numbers_are_what_they_are_to_kubectl(string yaml, string json) =>
        Assert.Equal($$"""{"a":{{json}}}""", System.Text.Encoding.UTF8.GetString(YamlJson.Convert($"a: {yaml}\n")));

    [Theory]
    [InlineData("a: 1\n---\nb: 2\n", "more than one document")]
    [InlineData("? [a]\n: b\n", "must be a text")]
    [InlineData("a: &x [*x]\n", "")]
    [InlineData("a: &x {b: 1}\nc: {<<: *x}\n", "merge keys")]
    [InlineData("a: .inf\n", "is not a valid JSON number")]
    public void What_json_cannot_say_is_refused_with_a_reason(string yaml, string reason) =>
        Assert.Contains(
            reason,
            Assert.ThrowsAny<YamlDotNet.Core.YamlException>(() => YamlJson.Convert(yaml)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(null, null)]
    [InlineData("\t", "a")]
    [InlineData("a\t", "b")]
    [InlineData("b\t", null)]
    [InlineData("a\t\t", null)]
    [InlineData("b", "b")]
    public void Tab_goes_through_the_containers(string? wanted, string? expected) =>
        Assert.Equal(expected, LogsDocument.Choose(wanted, ["a", "b"]));
}
