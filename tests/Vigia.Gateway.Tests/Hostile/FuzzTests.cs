using System.Globalization;
using System.Text;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>
/// The parsers of what clients send, with what nobody would: they understand it or say what is wrong with it, and
/// nothing else ever comes of it. VIGIA_SEED repeats a run.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Rounds = 40_000;

    private static readonly string[] Words =
    [
        "app",
        "=",
        "==",
        "!=",
        "!",
        " in ",
        " notin ",
        "(",
        ")",
        ",",
        "<",
        ">",
        "a.b/c",
        "spec.nodeName",
        "metadata.labels['a.b/c']",
        "[",
        "]",
        "[*]",
        "[-1]",
        "[0]",
        "[?(@.x==\"y\")]",
        "[?(@",
        ".",
        "..",
        "*",
        "\\",
        "\\,",
        "\\=",
        "{",
        "}",
        "'",
        "\"",
        "@",
        "~",
        "~x",
        "!~y",
        " ",
        "\t",
        "\n",
        "\0",
        "\u202e",
        "ß",
        "\ud83d\udca9",
        "\ud800",
        "9223372036854775807",
        "99999999999999999999",
        "-1",
        "%2e",
        "é",
        "none",
        "v1",
        ";",
        "/",
        "|",
        "&",
        "#",
        "null",
    ];

    [Fact]
    public void Selectors_searches_and_paths_of_any_text_are_understood_or_refused_with_a_sentence()
    {
        var random = Seeded();
        var (understood, refused) = (0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            var parameters = new Dictionary<string, string?[]>(StringComparer.Ordinal);
            foreach (var name in new[] { "namespace", "cluster", "labelSelector", "fieldSelector", "search", "changed" })
            {
                if (random.Next(3) == 0)
                {
                    parameters[name] = [.. Enumerable.Range(0, random.Next(10) == 0 ? 2 : 1).Select(_ => Text(random))];
                }
            }

            try
            {
                var query = LiveQuery.Parse(name => parameters.GetValueOrDefault(name, []));
                understood++;

                // Understood means that it can be asked, and that its canonical text is good for a cursor and a log.
                query.Matches(Sample, PodEntry);
                query.IsOfInterest(Sample, Sample);
                Assert.NotNull(query.Text);
                Assert.True(query.Fingerprint.All(char.IsAsciiLetterOrDigit), query.Fingerprint);
            }
            catch (QueryException fault)
            {
                refused++;
                Assert.NotEmpty(fault.Message);
                Assert.Contains(fault.Parameter, parameters.Keys);
            }
        }

        output.WriteLine($"{understood} understood, {refused} refused");
        Assert.True(understood > Rounds / 20 && refused > Rounds / 20, "the fuzzer makes both kinds");
    }

    [Fact]
    public void Cursors_with_flipped_bits_and_cut_or_doubled_parts_are_understood_or_refused_with_a_sentence()
    {
        var random = Seeded();
        var (understood, refused) = (0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            var valid = new StreamCursor(
                "f00",
                [
                    new("sim/pods", new SourceCursor(ResourceVersion.Parse("12345"), "abc123", 1, 77)),
                    new("cluster x/ü", new SourceCursor(ResourceVersion.Parse("9"), "", 0, 0)),
                ]
            ).ToString();
            var text = Mutate(random, valid);
            if (StreamCursor.TryParse(text, out var cursor, out var error))
            {
                understood++;

                // It goes into headers and lines of a stream again: nothing in it may end a line.
                var written = cursor.ToString();
                Assert.True(StreamCursor.TryParse(written, out var again, out var why), $"{text} was written as {written}: {why}");
                Assert.Equal(cursor.Sources.Order(StringComparer.Ordinal), again.Sources.Order(StringComparer.Ordinal));
                var places = written[written.IndexOf(';', StringComparison.Ordinal)..];
                Assert.False(cursor.Sources.Count > 0 && places[(places.IndexOf(';', 1) + 1)..].Any(char.IsControl), text);
            }
            else
            {
                refused++;
                Assert.NotEmpty(error);
                Assert.InRange(error.Length, 1, 300);
            }
        }

        output.WriteLine($"{understood} understood, {refused} refused");
        Assert.True(understood > Rounds / 50 && refused > Rounds / 50, "the fuzzer makes both kinds");
    }

    [Fact]
    public void Messages_over_a_WebSocket_are_understood_or_refused_with_a_sentence()
    {
        var random = Seeded();
        var (understood, refused) = (0, 0);
        string[] valid =
        [
            """{"type":"subscribe","id":"1","resources":["pods","deployments"],"labelSelector":"app in """
                + """(a,b)","namespace":"x","shape":"diff","limit":5}""",
            """{"type":"unsubscribe","id":"1"}""",
            """{"type":"ping"}""",
            """{"type":"subscribe","id":"é\ud83d\udca9","query":"namespace=a&labelSelector=app%3Dweb&search=%zz","resources":"pods"}""",
        ];
        for (var i = 0; i < Rounds; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(valid[random.Next(valid.Length)]);
            for (var flips = random.Next(4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            bytes = random.Next(6) switch
            {
                0 => bytes[..random.Next(bytes.Length)],
                1 => [.. bytes[..random.Next(bytes.Length)], .. bytes[random.Next(bytes.Length)..]],
                2 => Encoding.UTF8.GetBytes(new string('[', random.Next(5000)) + "\"type\":"),
                _ => bytes,
            };
            try
            {
                var command = SocketCommand.Parse(bytes);
                understood++;
                Assert.True(command.Type is "subscribe" or "unsubscribe" or "ping");
            }
            catch (QueryException fault)
            {
                refused++;
                Assert.NotEmpty(fault.Message);
                SocketCommand.FindId(bytes);
            }
        }

        output.WriteLine($"{understood} understood, {refused} refused");
        Assert.True(understood > Rounds / 50 && refused > Rounds / 50, "the fuzzer makes both kinds");
    }

    /// <summary>
    /// Everything together over the wire: every route with parameters of any text, cursors of any kind, headers of any
    /// length. Never a 500, never an exception that nobody caught.
    /// </summary>
    [Fact]
    public async Task No_request_to_any_route_makes_the_gateway_fail()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        string valid;
        await using (var stream = await fixture.OpenAsync(gateway))
        {
            await stream.SyncedAsync();
            valid = stream.LastId;
        }

        var random = Seeded();
        string[] names =
        [
            "namespace",
            "cluster",
            "labelSelector",
            "fieldSelector",
            "search",
            "changed",
            "shape",
            "delivery",
            "cursor",
            "lastEventId",
            "resources",
            "page",
            "limit",
            "sort",
            "output",
            "watch",
            "resourceVersion",
            "timeoutSeconds",
            "sendInitialEvents",
            "allowWatchBookmarks",
            "includeObject",
            "type",
            "reason",
            "since",
            "kind",
            "project",
            "user",
            "target",
            "depth",
            "deployment",
        ];
        var routes = gateway
            .Routes.Select(route => route.RoutePattern.RawText!)
            .Distinct()
            .Append("/kubernetes/sim/api/v1/namespaces/default/pods")
            .Append("/kubernetes/sim/apis/apps/v1/deployments")
            .Append("/api/v1/namespaces/default/pods/a")
            .ToArray();
        var statuses = new SortedDictionary<int, int>();
        for (var i = 0; i < 2500; i++)
        {
            var path = routes[random.Next(routes.Length)]
                .Replace("{resource}", random.Next(4) == 0 ? Uri.EscapeDataString(Text(random)) : "pods", StringComparison.Ordinal)
                .Replace("{preset}", "ide", StringComparison.Ordinal);
            path = path.Replace("{uid}", Uri.EscapeDataString(Text(random)), StringComparison.Ordinal)
                .Replace("{ns}", Uri.EscapeDataString(Text(random)), StringComparison.Ordinal)
                .Replace("{**path}", "x", StringComparison.Ordinal);
            var parameters = Enumerable
                .Range(0, random.Next(4))
                .Select(_ => names[random.Next(names.Length)])
                .Select(name => $"{name}={Uri.EscapeDataString(name is "cursor" or "lastEventId" ? Mutate(random, valid) : Text(random))}");
            var header =
                random.Next(3) == 0
                    ? $"Last-Event-ID: {new string([.. Mutate(random, valid).Select(c => c is '\r' or '\n' ? 'x' : c)])}\r\n"
                    : "";
            var method =
                random.Next(10) == 0 ? "POST"
                : random.Next(10) == 0 ? "HEAD"
                : "GET";
            var target = $"{path}?{string.Join('&', parameters)}";
            var answer = await RawConnection.ExchangeAsync(
                gateway.Url,
                $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n{header}\r\n",
                stopAtHead: true
            );
            statuses[answer.Status] = statuses.GetValueOrDefault(answer.Status) + 1;
            Assert.True(
                answer.Status is >= 200 and < 500 or 504 && answer.Status != 0,
                $"{i}: {method} {target} {header}: {answer}\n{string.Join('\n', fixture.Logs.Faults)}"
            );
        }

        output.WriteLine(string.Join(", ", statuses));
        Assert.True(fixture.Logs.Faults.FirstOrDefault() is null, $"{fixture.Logs.Faults.FirstOrDefault()}");
        Assert.Equal(0, await OpenStreamsAsync(fixture, gateway));
    }

    private static readonly Vigia.Catalog.ResourceEntry PodEntry = Vigia.Catalog.ResourceCatalog.BuiltIn.Find("pods")!;

    private static readonly RawObject Sample = RawObject.Parse(
        """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"x","uid":"u","resourceVersion":"1","labels":"""u8
            + """{"app":"web"}},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running"}}"""u8
    );

    private static async Task<int> OpenStreamsAsync(GatewayFixture fixture, GatewayServer gateway)
    {
        var open = -1;
        await Vigia.Testing.Eventually.TrueAsync(
            async () => (open = (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]!) == 0,
            "every stream has ended"
        );
        return open;
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(8); i >= 0; i--)
        {
            text.Append(random.Next(12) == 0 ? ((char)random.Next(0x10000)).ToString() : Words[random.Next(Words.Length)]);
        }

        // Escaping does not take halves of characters.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string Mutate(Random random, string valid)
    {
        var text = new StringBuilder(valid);
        for (var i = random.Next(4); i > 0; i--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(5))
            {
                case 0:
                    text[at] = (char)(text[at] ^ (1 << random.Next(7)));
                    break;
                case 1:
                    text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at - 1));
                    break;
                case 2:
                    text.Insert(at, valid[random.Next(valid.Length)..]);
                    break;
                case 3:
                    text.Insert(at, Words[random.Next(Words.Length)].Where(c => c < 0x7f).ToArray());
                    break;
                default:
                    text.Insert(at, new string((char)random.Next(1, 0x7f), random.Next(1, 40)));
                    break;
            }
        }

        return text.ToString();
    }

    private Random Seeded()
    {
        var seed = int.TryParse(
            Environment.GetEnvironmentVariable("VIGIA_SEED"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var given
        )
            ? given
            : Environment.ProcessId * 7919;
        output.WriteLine($"VIGIA_SEED={seed}");
        return new Random(seed);
    }
}
