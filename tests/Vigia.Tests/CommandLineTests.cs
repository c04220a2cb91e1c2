namespace Vigia.Tests;

/// <summary>Lines that name no command, option or value there is, help, and output that nobody reads.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-tests");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("wathc pods -A", "vigia: unknown command 'wathc', did you mean 'watch'?; see 'vigia --help'")]
    [InlineData("sim", "vigia: unknown command 'sim', did you mean 'simulate'?; see 'vigia --help'")]
    [InlineData(
        "get pods",
        "vigia: unknown command 'get': use one of demo, serve, watch, simulate, top, check, rbac, version, help; see 'vigia --help'"
    )]
    [InlineData("help wathc", "vigia: unknown command 'wathc', did you mean 'watch'?; see 'vigia --help'")]
    [InlineData("-v", "vigia: unknown option '-v', did you mean '--version'?; see 'vigia --help'")]
    [InlineData(
        "serve --listne=http://127.0.0.1:0",
        "vigia serve: unknown option '--listne', did you mean '--listen'?; see 'vigia serve --help'"
    )]
    [InlineData("serve now", "vigia serve: unexpected argument 'now'; see 'vigia serve --help'")]
    [InlineData("serve --auth foo", "vigia serve: unknown value 'foo' for --auth: use none, token or kubernetes; see 'vigia serve --help'")]
    [InlineData(
        "rbac --auth kubernets",
        "vigia rbac: unknown value 'kubernets' for --auth, did you mean 'kubernetes'? Use none, token or kubernetes; see 'vigia rbac "
            + "--help'"
    )]
    [InlineData("serve --auth 1", "vigia serve: unknown value '1' for --auth: use none, token or kubernetes; see 'vigia serve --help'")]
    [InlineData(
        "demo --log info",
        "vigia demo: unknown value 'info' for --log, did you mean 'information'? Use trace, debug, information, warning, error, critical "
            + "or none; see 'vigia demo --help'"
    )]
    [InlineData(
        "serve --log-format jsn",
        "vigia serve: unknown value 'jsn' for --log-format, did you mean 'json'? Use text or json; see 'vigia serve --help'"
    )]
    [InlineData(
        "watch pods -o xml",
        "vigia watch: unknown value 'xml' for --output: use table, wide, json or diff; see 'vigia watch --help'"
    )]
    [InlineData(
        "top --theme drak",
        "vigia top: unknown value 'drak' for --theme, did you mean 'dark'? Use dark, light, none or auto; see 'vigia top --help'"
    )]
    public async Task What_is_unknown_is_named_with_the_nearest_known_one(string arguments, string sentence)
    {
        var run = await VigiaProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(sentence, run.Error.Trim());
        Assert.Equal(2, run.Code);
    }

    [Fact]
    public async Task Values_are_taken_in_any_case()
    {
        var run = await VigiaProcess.RunAsync("serve", "--check-config", "--auth", "None", "--log", "WARNING");

        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("help")]
    [InlineData("help serve")]
    [InlineData("serve -h")]
    [InlineData("top --help")]
    public async Task Help_is_printed_within_a_hundred_columns_and_without_names_of_types(string arguments)
    {
        var run = await VigiaProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            arguments.Contains("serve", StringComparison.Ordinal) ? "--auth <none|token|kubernetes>" : "Usage:",
            run.Output,
            StringComparison.Ordinal
        );

        // Examples, and what a path makes long, stand as they were written.
        Assert.All(
            run.Output.Split('\n').Where(line => !line.TrimStart().StartsWith("vigia ", StringComparison.Ordinal)),
            line => Assert.InRange(line.Length, 0, 100)
        );
    }

    [Fact]
    public async Task The_version_is_a_command_too()
    {
        var (command, option) = (await VigiaProcess.RunAsync("version"), await VigiaProcess.RunAsync("--version"));

        Assert.Equal(0, command.Code);
        Assert.Equal(option.Output, command.Output);
    }

    // Without changes nothing is written after the reader went; with changes each is.
    [Theory]
    [InlineData("table", 0)]
    [InlineData("table", 50)]
    [InlineData("json", 0)]
    [InlineData("json", 50)]
    [InlineData("diff", 50)]
    public async Task Watch_ends_when_nobody_reads_its_output(string format, int rate)
    {
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await using var simulate = VigiaProcess.Start("simulate", "--pods", "20", "--rate", $"{rate}", "--kubeconfig-out", kubeconfig);
        await simulate.LineAsync("simulated API server at");

        // timeout: 124 where the command does not end.
        var script =
            $"timeout 50 {VigiaProcess.ShellCommand} watch pods -A -o {format} --kubeconfig '{kubeconfig}' | head -n 1; echo \"ended "
            + $"with ${{PIPESTATUS[0]}}\"";
        var run = await Tools.RunAsync("bash", "-c", script);

        Assert.Equal("", run.Error);
        Assert.Matches(@"\A.*\S.*\nended with 141\n\z", run.Output);
    }
}
