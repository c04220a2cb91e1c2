using Vigia.Simulator;

namespace Vigia.Tests;

/// <summary>
/// Names of resources that <c>vigia watch</c> takes: one that two groups have is asked back, never guessed.
/// </summary>
public sealed class WatchNameTests : IDisposable
{
    private const string One = "triggers.eventing.one.example";
    private const string Two = "triggers.triggers.two.example";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-watch");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_name_of_two_groups_must_say_which_and_a_full_name_shows_its_own_objects()
    {
        await using var simulator = await VigiaSimulator.StartAsync(new SimulatorOptions(), TestContext.Current.CancellationToken);
        foreach (var file in new[] { "same-plural-crds.yaml", "same-plural-objects.yaml" })
        {
            foreach (
                var one in (
                    await File.ReadAllTextAsync(
                        Path.Combine(AppContext.BaseDirectory, "testdata", file),
                        TestContext.Current.CancellationToken
                    )
                ).Split("\n---\n")
            )
            {
                await simulator.Objects.CreateAsync(one);
            }
        }

        var kubeconfig = Path.Combine(_folder.FullName, "config");
        await File.WriteAllTextAsync(
            kubeconfig,
            $"kind: Config\ncurrent-context: sim\nclusters: [{{name: c, cluster: {{server: '{simulator.Url}'}}}}]\ncontexts: [{{name: "
                + $"sim, context: {{cluster: c}}}}]\n",
            TestContext.Current.CancellationToken
        );
        foreach (var name in new[] { "triggers", "trigger", "tr" })
        {
            var run = await VigiaProcess.RunAsync("watch", name, "--kubeconfig", kubeconfig);
            Assert.Equal((2, $"vigia watch: '{name}' is ambiguous: use {One} or {Two}"), (run.Code, run.Error.Trim()));
        }

        foreach (var (name, expected, other) in new[] { (Two, "of-two", "of-one"), (One, "of-one", "of-two") })
        {
            await using var watch = VigiaProcess.Start("watch", name, "-A", "--kubeconfig", kubeconfig);
            await watch.LineAsync(expected);
            Assert.DoesNotContain(watch.Output, line => line.Contains(other, StringComparison.Ordinal));
        }
    }
}
