using System.Text;
using System.Text.Json;
using Vigia.Kubernetes.Objects;

namespace Vigia.Kubernetes.Tests.Objects;

/// <summary>The oracle is System.Text.Json: whatever it says of a text, our scan and grammar check must say.</summary>
public sealed class JsonScanTests(ITestOutputHelper output)
{
    private const string Damage = "{}[]\",:\\ 0-e.tfnu\u0001x";

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"a":"}"}""")]
    [InlineData("""{"a":"\"}"}""")]
    [InlineData("""{"a":"\\"}""")]
    [InlineData("""{"a":"\\\\\"]","b":[{},{"c":"[[["}]}""")]
    public void A_container_is_stepped_over_whatever_stands_in_its_strings(string json)
    {
        for (var padding = 0; padding < 130; padding++)
        {
            // The interesting part at every offset of a 64-byte block.
            var text = $$"""{"p":"{{new string('x', padding)}}","v":{{json}}}""";
            var bytes = Encoding.UTF8.GetBytes(text + ",{\"rest\":1}");

            Assert.Equal(text.Length, JsonScan.SkipContainer(bytes, 0));
        }
    }

    [Fact]
    public void A_container_cut_short_anywhere_does_not_end()
    {
        var bytes = Encoding.UTF8.GetBytes(
            """{"a":["x\\",{"b":"\"}]"}],"c":{"d":"0123456789012345678901234567890123456789012345678901234567890123"}}"""
        );

        for (var length = 1; length < bytes.Length; length++)
        {
            Assert.Equal(-1, JsonScan.SkipContainer(bytes.AsSpan(0, length), 0));
        }

        Assert.Equal(bytes.Length, JsonScan.SkipContainer(bytes, 0));
    }

    [Fact]
    public void A_value_that_comes_in_parts_is_found_as_in_one_and_no_part_is_looked_at_twice()
    {
        const int seed = 20261130;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 5_000; round++)
        {
            var text = new StringBuilder();
            Value(random, text, 0);
            if (random.Next(4) == 0)
            {
                // A long text with quotes and backslashes at every offset of a block.
                text.Clear().Append('"');
                for (var n = random.Next(300); n > 0; n--)
                {
                    text.Append(
                        random.Next(6) switch
                        {
                            0 => "\\\\",
                            1 => "\\\"",
                            _ => "xyz",
                        }
                    );
                }

                text.Append('"');
            }

            var bytes = Encoding.UTF8.GetBytes(text.ToString().Trim() + ",1");
            var whole = JsonScan.SkipValue(bytes, 0);
            var progress = default(ScanProgress);
            var (come, found) = (0, -1);
            while (found < 0 && come < bytes.Length)
            {
                come = Math.Min(bytes.Length, come + 1 + random.Next(random.Next(2) == 0 ? 3 : 200));
                var before = progress.At;
                found = JsonScan.SkipValue(bytes.AsSpan(0, come), ref progress);
                Assert.True(progress.At >= before, $"seed {seed}, round {round}: went back from {before} to {progress.At}");
                Assert.True(found >= 0 || progress.At > come - 64, $"seed {seed}, round {round}: of {come} bytes only {progress.At} count");
            }

            Assert.True(whole == found, $"seed {seed}, round {round}: {whole} in one, {found} in parts: {Encoding.UTF8.GetString(bytes)}");
        }
    }

    [Fact]
    public void Grammar_and_System_Text_Json_agree_on_random_and_damaged_texts()
    {
        const int seed = 20261121;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (valid, invalid) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder();
            Value(random, text, 0);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            for (var damage = random.Next(3); damage > 0 && bytes.Length > 0; damage--)
            {
                bytes[random.Next(bytes.Length)] = (byte)Damage[random.Next(Damage.Length)];
            }

            var expected = IsJson(bytes);
            Assert.True(expected == (JsonGrammar.FirstFault(bytes) < 0), $"seed {seed}, round {round}: {Encoding.UTF8.GetString(bytes)}");
            if (expected)
            {
                valid++;
                if (bytes[0] is (byte)'{' or (byte)'[')
                {
                    Assert.Equal(bytes.AsSpan().TrimEnd(" \n\r\t"u8).Length, JsonScan.SkipContainer(bytes, 0));
                }
            }
            else
            {
                invalid++;
            }
        }

        Assert.True(valid > 2000 && invalid > 2000, $"a lopsided sample: {valid} valid, {invalid} not");
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        Assert.Equal(-1, JsonGrammar.FirstFault(Encoding.UTF8.GetBytes(new string('[', 256) + new string(']', 256))));
        Assert.Equal(256, JsonGrammar.FirstFault(Encoding.UTF8.GetBytes(new string('[', 257) + new string(']', 257))));
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 256 });
            var any = false;
            while (reader.Read())
            {
                any = true;
            }

            return any;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Value(Random random, StringBuilder text, int depth)
    {
        switch (random.Next(depth > 4 ? 4 : 7))
        {
            case 0:
                text.Append(random.Next(-50, 50)).Append(random.Next(3) == 0 ? ".5e-3" : "");
                break;
            case 1:
                text.Append(new[] { "true", "false", "null" }[random.Next(3)]);
                break;
            case 2 or 3:
                Text(random, text);
                break;
            case 4:
                Sequence(random, text, '[', ']', () => Value(random, text, depth + 1));
                break;
            default:
                Sequence(
                    random,
                    text,
                    '{',
                    '}',
                    () =>
                    {
                        Text(random, text);
                        text.Append(random.Next(4) == 0 ? " : " : ":");
                        Value(random, text, depth + 1);
                    }
                );
                break;
        }
    }

    private static void Sequence(Random random, StringBuilder text, char open, char close, Action item)
    {
        text.Append(open);
        for (int i = 0, n = random.Next(4); i < n; i++)
        {
            text.Append(i > 0 ? "," : "").Append(random.Next(5) == 0 ? " \n" : "");
            item();
        }

        text.Append(close);
    }

    private static void Text(Random random, StringBuilder text)
    {
        string[] parts = ["a", "{", "}", "[", "]", ",", ":", "\\\"", "\\\\", "\\n", "\\u00e9", "é", "0123456789abcdef0123456789abcdef"];
        text.Append('"');
        for (int i = 0, n = random.Next(6); i < n; i++)
        {
            text.Append(parts[random.Next(parts.Length)]);
        }

        text.Append('"');
    }
}
