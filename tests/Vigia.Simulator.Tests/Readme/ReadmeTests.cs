namespace Vigia.Simulator.Tests.Readme;

/// <summary>
/// The examples of the package's README: compiled and run here, and the same there, character by character.
/// </summary>
public sealed class ReadmeTests
{
    #region operator
    [Fact]
    public async Task A_team_becomes_ready_whatever_the_network_does()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await cluster.Objects.CreateAsync(
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: { name: teams.example.com }
            spec:
              group: example.com
              scope: Namespaced
              names: { kind: Team, plural: teams }
              versions: [{ name: v1, served: true, storage: true, subresources: { status: {} } }]
            """
        );

        using var stop = new CancellationTokenSource();
        // Yours: it sees a kubeconfig, and nothing of the simulator.
        var running = TeamOperator.RunAsync(cluster.KubeconfigPath, stop.Token);

        await cluster.Objects.ApplyAsync(
            """
            apiVersion: example.com/v1
            kind: Team
            metadata: { name: red }
            """
        );
        await cluster.Objects.WaitForAsync("team", "red", team => (bool?)team["status"]?["ready"] == true);

        cluster.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Truncate,
                Resource = "teams",
                Count = 1,
            }
        ); // half an event, and the connection is gone
        await cluster.Objects.ApplyAsync(
            """
            apiVersion: example.com/v1
            kind: Team
            metadata: { name: blue }
            """
        );
        await cluster.Objects.WaitForAsync("team", "blue", team => (bool?)team["status"]?["ready"] == true);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
    #endregion

    [Fact]
    public void The_readme_shows_the_example_as_it_is_compiled()
    {
        var root = FindRoot();
        var source = File.ReadAllText(Path.Combine(root, "tests", "Vigia.Simulator.Tests", "Readme", "ReadmeTests.cs"));
        var from = source.IndexOf("#region operator\n", StringComparison.Ordinal) + "#region operator\n".Length;
        var lines = source[from..source.IndexOf("    #endregion", StringComparison.Ordinal)].TrimEnd().Split('\n');
        var example = string.Join('\n', lines.Select(l => l.StartsWith("    ", StringComparison.Ordinal) ? l[4..] : l));

        Assert.Contains(
            $"```csharp\n{example}\n```",
            File.ReadAllText(Path.Combine(root, "src", "Vigia.Simulator", "README.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_readme_names_every_kind_of_fault()
    {
        var readme = File.ReadAllText(Path.Combine(FindRoot(), "src", "Vigia.Simulator", "README.md"));

        Assert.All(Enum.GetNames<FaultKind>(), kind => Assert.Contains($"`{kind}`", readme, StringComparison.Ordinal));
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vigia.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }
}
