using System.Text;
using System.Text.Json;
using Vigia.Catalog.Definitions;

namespace Vigia.Catalog.Tests.Definitions;

public sealed class DefinitionReaderTests
{
    [Fact]
    public void The_newest_stable_version_that_is_served_comes_first_and_each_has_its_own_columns()
    {
        var definition = Read(Definition("True"))!;

        Assert.Equal(("widgets.example.org", "Widget", true), (definition.Name, definition.Kind, definition.Namespaced));
        Assert.Equal(["v2", "v1", "v2beta1"], definition.Versions.Select(version => version.Version));
        Assert.Equal(["widgets", "widget", "wd"], definition.Aliases);
        Assert.Equal([("Size", ".spec.size", "integer", 0), ("Who", ".spec.who", "string", 1)], definition.Columns);
        Assert.Equal([("Phase", ".status.phase", "string", 0)], definition.ColumnsOf(new("example.org", "v1", "widgets")));
        Assert.Empty(definition.ColumnsOf(new("example.org", "v2beta1", "widgets")));
        Assert.Empty(definition.ColumnsOf(new("example.org", "v3", "widgets")));
    }

    [Fact]
    public void One_that_is_not_established_serves_nothing() => Assert.Null(Read(Definition("False")));

    [Fact]
    public void What_is_no_definition_is_a_fault_of_its_format() => Assert.Throws<JsonException>(() => Read("""{"spec":{}}"""));

    private static CustomDefinition? Read(string json) => DefinitionReader.Read(Encoding.UTF8.GetBytes(json));

    private static string Definition(string established) =>
        $$$"""
            {"metadata":{"name":"widgets.example.org"},
             "spec":{"group":"example.org","scope":"Namespaced","names":{"kind":"Widget","plural":"widgets","singular":"widget",
             "shortNames":["wd"]},
              "versions":[
               {"name":"v2beta1","served":true},
               {"name":"v1","served":true,"additionalPrinterColumns":[{"name":"Phase","jsonPath":".status.phase","type":"string"}]},
               {"name":"v2","served":true,"additionalPrinterColumns":[{"name":"Size","jsonPath":".spec.size","type":"integer"},
               {"name":"Who","jsonPath":".spec.who","priority":1}]},
               {"name":"v3","served":false}]},
             "status":{"conditions":[{"type":"Established","status":"{{{established}}}"}]}}
            """;
}
