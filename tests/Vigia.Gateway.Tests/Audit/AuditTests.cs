using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Tests.Access;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Audit;

public sealed class AuditTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vigia-audit-").FullName;

    private string FilePath => Path.Combine(_folder, "audit.log");

    [Fact]
    public async Task Who_asked_for_what_and_what_was_refused_stands_in_the_log_and_no_token_does()
    {
        await using (
            var fixture = await AccessFixture.StartAsync(
                new AccessOptions { Mode = AuthMode.Kubernetes },
                new AuditLogOptions { Path = FilePath }
            )
        )
        {
            await fixture.NamesAsync("api/v1/pods", "anna-token");
            await fixture.GetAsync("api/v1/namespace/team-b/pods", "anna-token");
            await fixture.GetAsync("api/v1/pods", "wrong-token");
            await fixture.GetAsync("api/v1/pods?token=in-the-url", "anna-token");
            foreach (var name in new[] { "bearer_token", "jwt", "auth", "refresh_token", "access-token", "password", "x-my-key" })
            {
                Assert.Equal(HttpStatusCode.BadRequest, (await fixture.GetAsync($"api/v1/pods?{name}=in-the-url", "anna-token")).Status);
            }

            await using var stream = await fixture.StreamAsync("ben-token", "api/v1/pods/stream?namespace=team-b");
            await stream.SyncedAsync();
            await Eventually.TrueAsync(() => Lines().Any(line => (string?)line["event"] == "open"), "a stream is logged when it opens");
        }

        var text = await File.ReadAllTextAsync(FilePath, TestContext.Current.CancellationToken);
        var lines = Lines();
        var list = lines.First(line => (string?)line["path"] == "/api/v1/pods" && (string?)line["user"] == "anna");
        Assert.Equal("system:authenticated", (string?)list["groups"]![0]);
        Assert.Equal(["127.0.0.1", "GET", "pods"], new[] { "from", "method", "resource" }.Select(key => (string?)list[key]!));
        Assert.True((bool)list["allowed"]!);
        Assert.Equal(200, (int)list["status"]!);
        Assert.True((long)list["bytes"]! > 100);

        var refused = lines.First(line => (string?)line["namespace"] == "team-b" && (string?)line["user"] == "anna");
        Assert.False((bool)refused["allowed"]!);
        Assert.Contains("may not list pods", (string)refused["reason"]!, StringComparison.Ordinal);
        var nobody = lines.First(line => (int?)line["status"] == 401);
        Assert.Null(nobody["user"]);

        var close = lines.Single(line => (string?)line["event"] == "close");
        var open = lines.Single(line => (string?)line["event"] == "open");
        Assert.Equal((long)open["id"]!, (long)close["id"]!);
        Assert.Equal("ben", (string?)close["user"]);
        Assert.Equal(1, (long)close["events"]!);
        Assert.True((long)close["bytes"]! > 100);
        Assert.DoesNotContain("in-the-url", text, StringComparison.Ordinal);
        Assert.DoesNotContain("anna-token", text, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-token", text, StringComparison.Ordinal);
        Assert.DoesNotContain("in-the-url", text, StringComparison.Ordinal);
        Assert.Contains("ticket=…", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_is_rotated_by_size_and_so_many_are_kept()
    {
        await using (
            var log = new AuditLog(
                new AuditLogOptions
                {
                    Path = FilePath,
                    MaxBytes = 100,
                    Keep = 2,
                },
                TimeProvider.System,
                NullLogger.Instance
            )
        )
        {
            log.Start();
            for (var i = 0; i < 20; i++)
            {
                log.Add(AuditLog.Encode(json => json.WriteString("text", new string('x', 40))));
            }
        }

        Assert.Equal(
            ["audit.log", "audit.log.1", "audit.log.2"],
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)!
        );
        Assert.All(Directory.GetFiles(_folder), file => Assert.All(File.ReadAllLines(file), line => Assert.NotNull(JsonNode.Parse(line))));
    }

    [Fact]
    public async Task A_file_that_was_renamed_is_begun_anew_when_told()
    {
        await using var log = new AuditLog(new AuditLogOptions { Path = FilePath }, TimeProvider.System, NullLogger.Instance);
        log.Start();
        log.Add(AuditLog.Encode(json => json.WriteNumber("n", 1)));
        await Eventually.TrueAsync(() => File.ReadAllText(FilePath).Length > 0, "the first line is written");

        File.Move(FilePath, FilePath + ".moved");
        log.Reopen();
        log.Add(AuditLog.Encode(json => json.WriteNumber("n", 2)));

        await Eventually.TrueAsync(
            () => File.Exists(FilePath) && File.ReadAllText(FilePath) == "{\"n\":2}\n",
            "the second line is in the new file"
        );
        Assert.Equal("{\"n\":1}\n", await File.ReadAllTextAsync(FilePath + ".moved", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Lines_that_come_too_fast_are_dropped_counted_and_told()
    {
        var time = new ManualTimeProvider();
        var log = new AuditLog(new AuditLogOptions { Path = FilePath, Queue = 10 }, time, NullLogger.Instance);

        // Nothing is written before it is started: the eleventh has no place.
        for (var i = 0; i < 25; i++)
        {
            log.Add(AuditLog.Encode(json => json.WriteNumber("n", i)));
        }

        Assert.Equal(15, log.Dropped);
        log.Start();
        await log.DisposeAsync();
        Assert.Equal(11, Lines().Count);
        Assert.Equal(15, (int)Lines().Single(line => (string?)line["event"] == "dropped")["lines"]!);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private List<JsonObject> Lines()
    {
        using var file = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.EndsWith('}')).Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
