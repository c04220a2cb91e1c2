namespace Vigia.Terminal.Tests;

/// <summary>Custom resources that are installed, changed and moved to another version while the program runs.</summary>
public sealed class LateDefinitionTests
{
    [Fact]
    public async Task A_custom_resource_that_is_defined_while_the_program_runs_is_found()
    {
        await using var app = await AppFixture.StartAsync();
        await app.CommandAsync("gadgets", "unknown resource 'gadgets'");
        await app.CreateAsync(Gadgets("v1", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await app.CreateAsync(Gadget("v1", "g1"));
        await app.CommandAsync("gadgets", "gadgets.acme.example in all namespaces [1]");
        await app.UntilAsync("SIZE");
        await app.CommandAsync("aliases", "gadgets.acme.example");
    }

    [Fact]
    public async Task An_open_table_takes_over_other_columns_of_its_definition()
    {
        await using var app = await AppFixture.StartAsync();
        await app.CreateAsync(Gadgets("v1", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await app.CreateAsync(Gadget("v1", "g1"));
        await app.CommandAsync("gadgets", "SIZE");
        await app.Server.Objects.ApplyAsync(
            Gadgets("v1", "{name: Colour, type: string, jsonPath: .spec.colour}"),
            TestContext.Current.CancellationToken
        );
        await app.UntilAsync("COLOUR");
        await app.UntilAsync("red");
        Assert.DoesNotContain("SIZE", app.Terminal.Screen, StringComparison.Ordinal);

        // It is still live.
        await app.CreateAsync(Gadget("v1", "g2"));
        await app.UntilAsync("gadgets.acme.example in all namespaces [2]");
    }

    [Fact]
    public async Task A_table_moves_to_the_version_that_is_served()
    {
        await using var app = await AppFixture.StartAsync();
        await app.CreateAsync(Gadgets("v1", "{name: Size, type: integer, jsonPath: .spec.size}"));
        await app.CreateAsync(Gadget("v1", "g1"));
        await app.CommandAsync("gadgets", "SIZE");
        await app.Server.Objects.DeleteAsync("customresourcedefinitions", "gadgets.acme.example", TestContext.Current.CancellationToken);
        await app.UntilAsync(screen => !screen.Contains("● live", StringComparison.Ordinal), "not live");
        await app.CreateAsync(Gadgets("v2", "{name: Mass, type: integer, jsonPath: .spec.size}"));
        await app.CreateAsync(Gadget("v2", "g3"));
        await app.UntilAsync("MASS");
        await app.UntilAsync("g3");
        await app.UntilAsync("● live");
    }

    /// <summary>
    /// A kind that is served in several versions is shown once, in the preferred one; another version is asked for by
    /// its name.
    /// </summary>
    [Fact]
    public async Task A_version_other_than_the_preferred_one_goes_by_its_own_name()
    {
        await using var app = await AppFixture.StartAsync("crd-versions-two-versions.yaml", "crd-versions-valve.yaml");
        await app.CommandAsync("valves", "valves.acme.example.com in all namespaces [");
        await app.CommandAsync("valves.v1beta1.acme.example.com", "valves.v1beta1.acme.example.com in all namespaces [1]");
        await app.UntilAsync("made-by-v1beta1");
    }

    /// <summary>A definition that stops serving the shown version, as an upgrade of an operator does.</summary>
    [Fact]
    public async Task An_upgraded_definition_moves_its_open_table()
    {
        await using var app = await AppFixture.StartAsync();
        var upgraded = await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "testdata", "crd-versions-crd-v2.yaml"),
            TestContext.Current.CancellationToken
        );
        await app.CreateAsync(
            upgraded
                .Replace("{name: v1, served: false, storage: false", "{name: v1, served: true, storage: false", StringComparison.Ordinal)
                .Replace("served: true\n    storage: true", "served: false\n    storage: true", StringComparison.Ordinal)
        );
        await app.CommandAsync("gadgets", "gadgets.acme.example.com in all namespaces [0]");
        await app.Server.Objects.ApplyAsync(upgraded, TestContext.Current.CancellationToken);
        await app.UntilAsync("SECOND");
        await app.UntilAsync("● live");
    }

    private static string Gadgets(string version, string columns) =>
        $$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: gadgets.acme.example}
            spec:
              group: acme.example
              scope: Namespaced
              names: {plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList}
              versions:
              - name: {{version}}
                served: true
                storage: true
                additionalPrinterColumns: [{{columns}}]
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true} }
            """;

    private static string Gadget(string version, string name) =>
        $$"""
            apiVersion: acme.example/{{version}}
            kind: Gadget
            metadata: {name: {{name}}, namespace: default}
            spec: {size: 7, colour: red}
            """;
}
