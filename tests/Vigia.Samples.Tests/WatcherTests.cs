using Vigia.Simulator;

namespace Vigia.Samples.Tests;

public sealed class WatcherTests
{
    private const string Pod =
        """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME","namespace":"default"},"spec":{"containers":"""
        + """[{"name":"a","image":"a"}]}}""";

    [Fact]
    public async Task It_prints_what_there_is_and_then_every_change_and_says_when_it_is_not_live()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await cluster.Objects.CreateAsync(Pod.Replace("NAME", "first", StringComparison.Ordinal));
        await using var watcher = SampleProcess.Start("Watcher", cluster.KubeconfigPath);
        await watcher.LineAsync("default/first");
        await watcher.LineAsync("# live, 1 pods");
        await cluster.Objects.CreateAsync(Pod.Replace("NAME", "second", StringComparison.Ordinal));
        await watcher.LineAsync("Added   default/second by test");
        await cluster.Objects.PatchAsync("pods", "second", """{"metadata":{"labels":{"a":"b"}}}""");
        await watcher.LineAsync("Updated default/second by test");
        await cluster.Objects.DeleteAsync("pods", "second");
        await watcher.LineAsync("Deleted default/second");

        await cluster.Faults.GoDarkAsync();
        await watcher.LineAsync("# not live since");
        await cluster.Faults.ComeBackAsync();
        await cluster.Objects.CreateAsync(Pod.Replace("NAME", "third", StringComparison.Ordinal));
        await watcher.LineAsync("Added   default/third");

        Assert.Equal(0, await watcher.SignalAsync("INT"));
        Assert.Contains("# stopped", watcher.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_limits_it()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await cluster.Objects.CreateAsync(Pod.Replace("NAME", "here", StringComparison.Ordinal));
        await using var watcher = SampleProcess.Start("Watcher", cluster.KubeconfigPath, "elsewhere");

        await watcher.LineAsync("# live, 0 pods");
        Assert.DoesNotContain("here", watcher.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_forty_lines_at_most() =>
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, "samples", "Watcher", "Program.cs")).Length, 10, 40);
}
