namespace Vigia.Terminal.Tests;

/// <summary>
/// Kinds of several groups that share a plural, a kind and a short name: each shows, describes, edits and deletes its
/// own objects.
/// </summary>
public sealed class SamePluralTests
{
    private const string Services = "services.serving.three.example";
    private const string One = "triggers.eventing.one.example";
    private const string Two = "triggers.triggers.two.example";

    private const string Victims = """
        apiVersion: v1
        kind: Service
        metadata: {name: victim, namespace: default}
        spec: {clusterIP: 10.9.8.7, ports: [{port: 80}]}
        ---
        apiVersion: serving.three.example/v1
        kind: Service
        metadata: {name: victim, namespace: default}
        spec: {}
        status: {url: "http://victim"}
        """;

    [Fact]
    public async Task A_custom_kind_with_a_built_in_plural_has_its_own_rows_and_deletes_its_own_objects()
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml", "same-plural-objects.yaml");
        await app.CreateAsync(Victims);
        await app.CommandAsync("services", "10.9.8.7");
        await app.CommandAsync(Services, "http://k");
        Assert.Contains($"{Services} in all namespaces [2]", app.Terminal.Screen, StringComparison.Ordinal);
        Assert.DoesNotContain("10.9.8.7", app.Terminal.Screen, StringComparison.Ordinal);

        // The second of the two is the victim.
        await app.CommandAsync($"{Services} /victim", "[1 of 2]");
        await app.TypeAsync("ctrl-d", $"delete {Services}/victim");
        app.Terminal.Type("y");
        await app.Server.Objects.WaitForGoneAsync(Services, "victim", cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotNull(app.Server.Objects.Get("services", "victim"));
        await app.UntilAsync("[0 of 1]");
    }

    [Theory]
    [InlineData(One, Two)]
    [InlineData(Two, One)]
    public async Task Two_custom_kinds_with_one_plural_have_their_own_rows_in_either_order(string first, string second)
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml", "same-plural-objects.yaml");
        string[] Cells(string of) => of == One ? ["b1", "same1"] : ["x2", "same2"];
        foreach (var (shown, other) in new[] { (first, second), (second, first) })
        {
            await app.CommandAsync(shown, $"{shown} in all namespaces [2]");
            await app.UntilAsync(screen => Cells(shown).All(cell => screen.Contains(cell, StringComparison.Ordinal)), "its own cells");
            Assert.DoesNotContain(Cells(other)[0], app.Terminal.Screen, StringComparison.Ordinal);

            // Describe and tree are of the same object.
            app.Terminal.Command($"{shown} /same");
            await app.UntilAsync("[1 of 2]");
            await app.TypeAsync("d", Cells(shown)[1]);
            Assert.DoesNotContain(Cells(other)[1], app.Terminal.Screen, StringComparison.Ordinal);
            await app.TypeAsync("esc", "[1 of 2]");
            await app.TypeAsync("y", Cells(shown)[1]);
            Assert.DoesNotContain(Cells(other)[1], app.Terminal.Screen, StringComparison.Ordinal);
            await app.TypeAsync("esc", "[1 of 2]");
            await app.TypeAsync("t", "Trigger same");
            await app.TypeAsync("esc", "[1 of 2]");
        }
    }

    [Fact]
    public async Task An_edit_takes_its_own_object()
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml", "same-plural-objects.yaml");
        await using var link = app.Link();
        link.Start();
        foreach (var (name, cell) in new[] { (One, "same1"), (Two, "same2") })
        {
            var (entry, _) = await link.ResolveAsync(name, TestContext.Current.CancellationToken);
            var session = await Actions.EditSession.BeginAsync(link, entry!, new("default", "same"), TestContext.Current.CancellationToken);
            Assert.Contains(cell, session.Text, StringComparison.Ordinal);
            session.Drop();
        }
    }

    [Theory]
    [InlineData("triggers")]
    [InlineData("trigger")]
    [InlineData("tr")]
    public async Task A_name_of_two_groups_must_say_which(string name)
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml");
        await app.CommandAsync(name, $"'{name}' is ambiguous: use {One} or {Two}");
        await app.CommandAsync("services", "services in all namespaces [0]");
    }

    [Fact]
    public async Task An_owner_of_another_group_is_not_the_built_in_kind_of_that_name()
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml", "same-plural-objects.yaml");
        await app.CreateAsync(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: owned
              namespace: default
              ownerReferences: [{apiVersion: serving.three.example/v1, kind: Service, name: kservice, uid: u1}]
            """
        );
        await app.CommandAsync("configmaps", "owned");
        await app.TypeAsync("J", $"{Services} in default");
        await app.UntilAsync("http://k");
    }

    /// <summary>
    /// Keys for built-in kinds do what these kinds are for: with a kind of another group that has the name they would
    /// act on something unknown.
    /// </summary>
    [Fact]
    public async Task Keys_of_a_built_in_kind_are_not_those_of_a_kind_that_shares_its_name()
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml", "same-plural-objects.yaml");
        await app.CommandAsync(Services, "http://k");
        app.Terminal.Type("l");
        await app.TypeAsync("d", "Kind:                 Service (serving.three.example/v1)");
        Assert.DoesNotContain("Session Affinity", app.Terminal.Screen, StringComparison.Ordinal);
        await app.TypeAsync("esc", "http://k");
    }
}
