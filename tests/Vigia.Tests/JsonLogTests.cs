using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Commands;

namespace Vigia.Tests;

public sealed class JsonLogTests
{
    [Fact]
    public void A_line_has_cluster_resource_and_cause_and_the_arguments_by_name()
    {
        var line = Write(
            new InvalidOperationException("the \"server\"\nis away"),
            ("Cluster", "prod"),
            ("Resource", "pods"),
            ("Failures", 3),
            ("WaitMs", 0.5),
            ("Message", "ü")
        );
        Assert.Equal(
            """["2026-11-21T10:00:00.000Z","warning",2001,"Vigia.X","prod","pods","the \u0022server\u0022\nis away",3,0.5,"ü"]""",
            new JsonArray([
                .. new[] { "time", "level", "event", "category", "cluster", "resource", "cause", "failures", "waitMs", "message_" }.Select(
                    name => line[name]!.DeepClone()
                ),
            ]).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All) })
        );
        Assert.StartsWith("System.InvalidOperationException: ", (string)line["error"]!, StringComparison.Ordinal);
        Assert.Equal("text of it", (string)line["message"]!);
    }

    [Theory]
    [InlineData("Resources", "sim/pods", "sim", "pods")]
    [InlineData("Resources", "sim/pods,sim/events", "sim", "pods,events")]
    [InlineData("Resources", "a/pods,b/pods", null, "pods")]
    [InlineData("Feed", "arn:aws/eks/x/pods", "arn:aws/eks/x", "pods")]
    [InlineData("Resource", "sim/pods", "sim", "pods")]
    [InlineData("Subject", "sim/pods", null, null)]
    public void What_a_line_is_about_is_told_apart(string name, string value, string? cluster, string? resource)
    {
        var line = Write(null, (name, value));
        Assert.True(line.ContainsKey("cluster") && line.ContainsKey("resource") && line.ContainsKey("cause"));
        Assert.Equal((cluster, resource, null), ((string?)line["cluster"], (string?)line["resource"], (string?)line["cause"]));
    }

    [Fact]
    public async Task Serve_logs_json_on_demand_and_every_line_parses()
    {
        var folder = Directory.CreateTempSubdirectory("vigia-log-");
        try
        {
            var kubeconfig = Path.Combine(folder.FullName, "config");
            await File.WriteAllTextAsync(
                kubeconfig,
                "kind: Config\ncurrent-context: dead\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\ncontexts: [{name: "
                    + "dead, context: {cluster: c}}]\n",
                TestContext.Current.CancellationToken
            );
            await using var serve = VigiaProcess.Start(
                "serve",
                "--kubeconfig",
                kubeconfig,
                "--listen",
                "http://127.0.0.1:0",
                "--log-format",
                "json"
            );
            var line = JsonNode.Parse(await serve.LineAsync("discovery failed"))!.AsObject();
            Assert.Equal(("dead", "warning"), ((string?)line["cluster"], (string?)line["level"]));
            Assert.Contains("127.0.0.1:1", (string)line["cause"]!, StringComparison.Ordinal);
            Assert.All(
                serve.Output.Where(text => !text.StartsWith("serving ", StringComparison.Ordinal)),
                text => Assert.True(JsonNode.Parse(text)!.AsObject().ContainsKey("cause"))
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static JsonObject Write(Exception? error, params (string Name, object? Value)[] arguments)
    {
        IReadOnlyList<KeyValuePair<string, object?>> state =
        [
            .. arguments.Select(argument => KeyValuePair.Create(argument.Name, argument.Value)),
            new("{OriginalFormat}", "text"),
        ];
        using var text = new StringWriter();
        new JsonLogFormatter(new Fixed()).Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
                LogLevel.Warning,
                "Vigia.X",
                new EventId(2001),
                state,
                error,
                (_, _) => "text of it"
            ),
            null,
            text
        );
        Assert.Equal(1, text.ToString().Count(c => c == '\n'));
        return JsonNode.Parse(text.ToString())!.AsObject();
    }

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    }
}
