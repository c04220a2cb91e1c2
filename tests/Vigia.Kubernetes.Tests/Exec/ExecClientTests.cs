using System.Text;
using Vigia.Kubernetes.Workloads;

namespace Vigia.Kubernetes.Tests.Exec;

public sealed class ExecClientTests
{
    private static CancellationToken Token => PodFixture.Token;

    [Fact]
    public async Task A_command_gives_output_errors_and_exit_code_each_by_its_own_way()
    {
        await using var fixture = await PodFixture.StartAsync();

        var output = await new ExecClient(fixture.Simulator.Client).RunAsync(
            PodFixture.Pod,
            ["sh", "-c", "echo \"$COLOUR sky\"; echo oh >&2; exit 3"],
            ct: Token
        );

        Assert.Equal("blue sky\n", Encoding.UTF8.GetString(output.Stdout));
        Assert.Equal("oh\n", Encoding.UTF8.GetString(output.Stderr));
        Assert.Equal(new ExecResult(3, ""), output.Result);
    }

    [Fact]
    public async Task Input_of_a_megabyte_comes_back_whole_and_its_end_ends_the_command()
    {
        await using var fixture = await PodFixture.StartAsync();
        var input = new byte[1 << 20];
        new Random(7).NextBytes(input);
        await using var session = await new ExecClient(fixture.Simulator.Client).ExecAsync(
            PodFixture.Pod,
            ["cat"],
            new ExecOptions { Stdin = true, Container = "main" },
            Token
        );
        using var received = new MemoryStream();
        var reading = session.StandardOutput.CopyToAsync(received, Token);

        await session.StandardInput.WriteAsync(input, Token);
        Assert.True(await session.EndInputAsync(Token));

        await reading;
        Assert.Equal(input, received.ToArray());
        Assert.True((await session.Completion).Succeeded);
    }

    [Fact]
    public async Task A_terminal_is_told_its_size_and_echoes()
    {
        await using var fixture = await PodFixture.StartAsync();
        await using var session = await new ExecClient(fixture.Simulator.Client).ExecAsync(
            PodFixture.Pod,
            ["sh"],
            new ExecOptions { Stdin = true, Tty = true },
            Token
        );

        await session.ResizeAsync(123, 45, Token);
        await session.StandardInput.WriteAsync("stty size\rexit 4\r"u8.ToArray(), Token);
        using var reader = new StreamReader(session.StandardOutput);
        var text = await reader.ReadToEndAsync(Token);

        Assert.Equal("main:/$ stty size\r\n45 123\r\nmain:/$ exit 4\r\n", text);
        Assert.Equal(4, (await session.Completion).ExitCode);
    }

    [Fact]
    public async Task Attach_shows_what_the_main_program_writes_from_now_on()
    {
        await using var fixture = await PodFixture.StartAsync(annotations: "{simulator.vigia.dev/log-interval-ms: \"20\"}");
        await using var session = await new ExecClient(fixture.Simulator.Client).AttachAsync(PodFixture.Pod, ct: Token);
        using var reader = new StreamReader(session.StandardOutput);

        for (var i = 0; i < 5; i++)
        {
            Assert.False(string.IsNullOrEmpty(await reader.ReadLineAsync(Token)));
        }

        Assert.False(session.Completion.IsCompleted);
    }

    [Fact]
    public async Task Refusals_come_in_the_servers_own_words_before_a_session_exists()
    {
        await using var fixture = await PodFixture.StartAsync();
        var client = new ExecClient(fixture.Simulator.Client);

        var container = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            client.ExecAsync(PodFixture.Pod, ["ls"], new ExecOptions { Container = "nope" }, Token)
        );
        var pod = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            client.ExecAsync(new ObjectKey("default", "nobody"), ["ls"], new ExecOptions { Container = "main" }, Token)
        );

        Assert.Equal((400, "container nope is not valid for pod web-0"), (container.Code, container.Message));
        Assert.Equal((404, "pods \"nobody\" not found"), (pod.Code, pod.Message));
        var missing = await client.RunAsync(PodFixture.Pod, ["nosuch"], ct: Token);
        Assert.Null(missing.Result.ExitCode);
        Assert.Contains("executable file not found in $PATH", missing.Result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_whose_pod_goes_ends_with_137_and_one_that_is_cut_says_so()
    {
        await using var fixture = await PodFixture.StartAsync();
        await fixture.AddAsync("web-1");
        var client = new ExecClient(fixture.Simulator.Client);
        await using var killed = await client.ExecAsync(PodFixture.Pod, ["sleep", "600"], ct: Token);
        await using var cut = await client.ExecAsync(new ObjectKey("default", "web-1"), ["sleep", "600"], ct: Token);

        await fixture.Simulator.Objects.DeleteAsync("pods", "web-0", Token);
        Assert.Equal(137, (await killed.Completion.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token)).ExitCode);
        await fixture.Simulator.DisposeAsync();
        var result = await cut.Completion.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token);
        Assert.Null(result.ExitCode);
        Assert.Contains("exec in pod default/web-1", result.Message, StringComparison.Ordinal);
    }
}
