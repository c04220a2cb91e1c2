using System.Net.Sockets;
using System.Text;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary>What keys do to a cluster, typed into a terminal.</summary>
public sealed class TopActionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shell_and_attach_ask_for_the_container_and_give_the_screen_back()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["po", "team-catalog"]);
        var pod = (await top.RowAsync("catalog-"))[0];
        await top.TypeAsync("s");
        await top.UntilAsync("›  main");
        await top.TypeAsync("Down");
        await top.UntilAsync($"exec -it {pod} -n team-catalog --container=proxy");
        await top.TypeAsync("Enter");
        await top.UntilAsync($"a shell in team-catalog/{pod}/proxy; exit or ctrl-] goes back");
        await top.CommandAsync("echo $((6*7))x");
        await top.CommandAsync("hostname");
        await top.UntilAsync(screen => screen.Split('\n').Any(line => line.Trim() == pod), "the pod's name");
        await top.CommandAsync("exit");
        await top.UntilAsync($"back from team-catalog/{pod}");
        await top.RowAsync(pod);

        await top.TypeAsync("a");
        await top.UntilAsync($"attach -it {pod} -n team-catalog --container=main");
        await top.TypeAsync("Enter");
        await top.UntilAsync($"attached to team-catalog/{pod}/main");
        await top.TypeAsync("C-]");
        await top.RowAsync(pod);

        // What one does not say yes to does not happen.
        await top.TypeAsync("s");
        await top.UntilAsync("›  main");
        await top.TypeAsync("n");
        await top.RowAsync(pod);
    }

    [Fact]
    public async Task A_port_leads_to_a_pod_until_it_is_ended()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["po", "team-catalog"]);
        var pod = (await top.RowAsync("catalog-"))[0];
        await top.TypeAsync("F");
        await top.UntilAsync("the pod's port");
        await top.TypeAsync("C-u", "9", "9", "9", "9", "9");
        await top.UntilAsync("'99999' is no number from 1 to 65535");
        await top.TypeAsync("Enter");
        await top.UntilAsync("'99999' is no number from 1 to 65535");
        await top.TypeAsync("C-u", "8", "0", "8", "0", "Tab", "0");
        await top.UntilAsync($"port-forward pods/{pod} -n team-catalog :8080");
        await top.TypeAsync("Enter");
        var said = await top.UntilAsync(":pf lists and ends them");
        var line = said.Split('\n').Single(text => text.Contains(" → port 8080", StringComparison.Ordinal)).Trim();
        var port = int.Parse(line.Split(' ')[1].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);

        using (var client = new TcpClient())
        {
            await client.ConnectAsync("127.0.0.1", port, Token);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.0\r\n\r\n"), Token);
            var buffer = new byte[4096];
            Assert.StartsWith(
                "HTTP/1.",
                Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, Token)),
                StringComparison.Ordinal
            );
        }

        await top.CommandAsync(":pf");
        await top.UntilAsync($"127.0.0.1:{port} → 8080 of team-catalog/{pod}");
        await top.TypeAsync("Enter");
        await top.UntilAsync("no port is forwarded");
        await Eventually.TrueAsync(
            async () =>
            {
                using var client = new TcpClient();
                try
                {
                    await client.ConnectAsync("127.0.0.1", port, Token);
                    return false;
                }
                catch (SocketException)
                {
                    return true;
                }
            },
            "nothing listens any more"
        );
    }

    [Fact]
    public async Task A_drain_shows_its_steps_what_is_left_and_what_waits_for_a_budget_and_can_be_stopped()
    {
        await using var fixture = await TopFixture.StartAsync();
        await fixture.Server.Objects.CreateAsync(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: none, namespace: team-catalog}
            spec: {maxUnavailable: 0, selector: {matchExpressions: [{key: app, operator: Exists}]}}
            """,
            Token
        );
        await Eventually.TrueAsync(
            () => fixture.Server.Objects.Get("poddisruptionbudgets", "team-catalog/none")?["status"]?["currentHealthy"] is not null,
            "the budget is counted"
        );
        var node = fixture
            .Server.Objects.List("pods", "team-catalog")
            .Select(pod => (string?)pod["spec"]!["nodeName"])
            .First(name => name is not null)!;
        await using var top = await fixture.TopAsync(command: ["no", "/" + node]);
        await top.RowAsync(node);
        await top.TypeAsync("r");
        await top.UntilAsync($"drain {node} --ignore-daemonsets");

        // Nothing is evicted where data would be lost, and which pods those are is said.
        await top.TypeAsync("y");
        await top.ToldAsync("cordoned but not drained");
        await top.ToldAsync("allow with delete-emptydir-data");
        await top.TypeAsync("Escape");
        await top.RowAsync("SchedulingDisabled");
        await top.TypeAsync("r");
        await top.UntilAsync("delete emptyDir data");
        await top.TypeAsync("Tab", "Tab", "Tab", "Space", "Tab", "Space");
        await top.UntilAsync("--delete-emptydir-data --force");
        await top.TypeAsync("y");
        await top.UntilAsync("waits for its disruption budget");
        await top.UntilAsync("wait for budgets; x stops it");
        await top.TypeAsync("x");
        await top.UntilAsync("stopped; what has been done stays done");

        // Open again.
        await top.TypeAsync("Escape");
        await top.RowAsync("SchedulingDisabled");
        await top.TypeAsync("u");
        await top.UntilAsync($"uncordon {node}");
        await top.TypeAsync("y");
        await top.UntilAsync(
            screen =>
                screen.Split('\n').Any(line => line.StartsWith('›') && !line.Contains("SchedulingDisabled", StringComparison.Ordinal)),
            "it takes pods again"
        );
    }

    [Fact]
    public async Task Marked_rows_are_deleted_as_was_chosen()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["deploy", "team-catalog"]);
        await top.RowAsync("catalog-");
        await top.TypeAsync("Space", "Space");
        await top.UntilAsync(screen => screen.Split('\n').Count(line => line.StartsWith('*')) == 2, "two marks");
        await top.TypeAsync("C-d");
        await top.UntilAsync("delete 2 deployments");
        await top.TypeAsync("Tab", "Left", "Tab", "3", "0");
        var asked = await top.UntilAsync("--cascade=orphan --grace-period=30");
        Assert.Equal(2, asked.Split('\n').Count(line => line.Contains("delete deployments.apps/", StringComparison.Ordinal)));
        var pods = fixture.Server.Objects.List("pods", "team-catalog").Count;
        await top.TypeAsync("y");
        await top.UntilAsync("and so 1 more");
        await Eventually.TrueAsync(() => fixture.Server.Objects.List("deployments", "team-catalog").Count == 2, "two of four are left");
        Assert.Equal(pods, fixture.Server.Objects.List("pods", "team-catalog").Count);
    }

    [Fact]
    public async Task A_missing_right_is_named_and_nothing_is_lost()
    {
        await using var fixture = await TopFixture.StartAsync();
        fixture.Server.Access.Set(
            SimulatedUser.Limited with
            {
                Rules =
                [
                    new PolicyRule
                    {
                        Verbs = ["get", "list", "watch"],
                        ApiGroups = ["*"],
                        Resources = ["pods", "deployments", "replicasets", "namespaces", "nodes", "events"],
                    },
                ],
            }
        );
        var editor = await fixture.ScriptAsync("editor", "sed -i 's/^  replicas: .*/  replicas: 9/' \"$1\"\n");
        await using var top = await fixture.TopAsync($"EDITOR='{editor}'", command: ["deploy", "--context", "limited"]);
        await top.RowAsync("team-");
        await top.TypeAsync("s");
        await top.UntilAsync("--replicas=");
        await top.TypeAsync("Enter");
        await top.ToldAsync(
            "patch deployments/scale.apps (kubectl --context=limited auth can-i patch deployments.apps --subresource=scale -n team-"
        );
        await top.TypeAsync("C-d");
        await top.UntilAsync("cascade");
        await top.TypeAsync("y");
        await top.ToldAsync("delete deployments.apps (kubectl --context=limited auth can-i delete deployments.apps -n team-");
        await top.TypeAsync("e");
        await top.ToldAsync("patch deployments.apps (kubectl --context=limited auth can-i patch deployments.apps -n team-");
        await top.ToldAsync("is kept in");
        await top.CommandAsync(":po team-catalog");
        await top.RowAsync("2/2");
        await top.TypeAsync("s");
        await top.UntilAsync("exec -it");
        await top.TypeAsync("Enter");
        await top.ToldAsync("create pods/exec");
    }

    [Fact]
    public async Task A_read_only_session_has_no_keys_that_change_anything_and_says_so()
    {
        await using var fixture = await TopFixture.StartAsync();
        await using var top = await fixture.TopAsync(command: ["deploy", "--readonly"]);
        await top.RowAsync("team-");
        await top.UntilAsync("read-only");
        foreach (var key in new[] { "s", "r", "e", "C-d" })
        {
            await top.TypeAsync(key);
            await top.UntilAsync("this session is read-only");
            await top.TypeAsync("Escape");
            await top.UntilAsync(screen => !screen.Contains("this session is read-only", StringComparison.Ordinal), "the message is gone");
        }

        await top.TypeAsync("?");
        var help = await top.UntilAsync("GENERAL");
        await top.TypeAsync("/");
        await top.CommandAsync("ctrl-d");
        await top.UntilAsync("off: this session is read-only");
    }
}
