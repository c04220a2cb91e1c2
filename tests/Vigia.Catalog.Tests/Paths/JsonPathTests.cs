using System.Text;

namespace Vigia.Catalog.Tests.Paths;

/// <summary>
/// Paths lead where client-go's lead (the cases of its jsonpath_test.go that are no templates; results are joined by
/// commas here).
/// </summary>
public sealed class JsonPathTests
{
    private const string Types = """
        {"bools":[true,false,true,false],"integers":[1,2,3,4],"floats":[1,2.2,3.3,4],"strings":["one","two","three","four"],
        "interfaces":[true,"one",1,1.1],
        "maps":[{"name":"one","value":1},{"name":"two","value":2.02},{"name":"three","value":3.03},{"name":"four","value":4.04}]}
        """;

    private const string Store = """
        {"Name":"jsonpath","Book":[{"Category":"reference","Author":"Nigel Rees","Title":"Sayings of the Centurey","Price":8.95},
        {"Category":"fiction","Author":"Evelyn Waugh","Title":"Sword of Honour","Price":12.99},{"Category":"fiction",
        "Author":"Herman Melville","Title":"Moby Dick","Price":8.99}],
        "Bicycle":[{"Color":"red","Price":19.95,"IsNew":true},{"Color":"green","Price":20.01,"IsNew":false}],
        "Labels":{"engieer":10,"web/html":15,"k8s-app":20},"Employees":{"jason":"manager","dan":"clerk"}}
        """;

    private const string Points = """
        [{"id":"i1","x":4,"y":-5},{"id":"i2","x":-2,"y":-5,"z":1},{"id":"i3","x":8,"y":3},{"id":"i4","x":-6,"y":-1},{"id":"i5","x":0,"y":2,
        "z":1},{"id":"i6","x":1,"y":4}]
        """;

    private const string Nodes = """
        {"kind":"List","items":[{"kind":"None","metadata":{"name":"127.0.0.1","labels":{"kubernetes.io/hostname":"127.0.0.1"}},
        "status":{"capacity":{"cpu":"4"},"ready":true,
        "addresses":[{"type":"LegacyHostIP","address":"127.0.0.1"}]}},{"kind":"None","metadata":{"name":"127.0.0.2",
        "labels":{"kubernetes.io/hostname":"127.0.0.2"}},
        "status":{"capacity":{"cpu":"8"},"ready":false,"addresses":[{"type":"LegacyHostIP","address":"127.0.0.2"},{"type":"another",
        "address":"127.0.0.3"}]}}],
        "users":[{"name":"myself","user":{}},{"name":"e2e","user":{"username":"admin","password":"secret"}}]}
        """;

    [Theory]
    [InlineData("{ .bools }", Types, "[true,false,true,false]")]
    [InlineData("{ .bools[0] }", Types, "true")]
    [InlineData("{ .bools[-1] }", Types, "false")]
    [InlineData("{ .bools[0:2] }", Types, "true,false")]
    [InlineData("{ .bools[:2] }", Types, "true,false")]
    [InlineData("{ .bools[:4:2] }", Types, "true,true")]
    [InlineData("{ .integers[-2] }", Types, "3")]
    [InlineData("{ .integers[:4:2] }", Types, "1,3")]
    [InlineData("{ .floats[:4:2] }", Types, "1,3.3")]
    [InlineData("{ .strings[-2] }", Types, "three")]
    [InlineData("{ .interfaces }", Types, "[true,\"one\",1,1.1]")]
    [InlineData("{ .interfaces[:4:2] }", Types, "true,1")]
    [InlineData("{ .maps[::2] }", Types, """{"name":"one","value":1},{"name":"three","value":3.03}""")]
    [InlineData("{ .maps[1::2] }", Types, """{"name":"two","value":2.02},{"name":"four","value":4.04}""")]
    [InlineData("{..}", "[1,2,3]", "[1,2,3]")]
    [InlineData("{[?(@<5)]}", "[2,6,3,7]", "2,3")]
    [InlineData("{[1,3,4]}", "[0,1,2,3,4]", "1,3,4")]
    [InlineData("{[0:2]}", "[\"Monday\",\"Tuesday\"]", "Monday,Tuesday")]
    [InlineData("{$.Labels.web/html}", Store, "15")]
    [InlineData("{$.Employees.jason}", Store, "manager")]
    [InlineData("{.Labels.k8s-app}", Store, "20")]
    [InlineData("{.Bicycle[*].Color}", Store, "red,green")]
    [InlineData("{.Book[*].Author}", Store, "Nigel Rees,Evelyn Waugh,Herman Melville")]
    [InlineData("{..Price}", Store, "8.95,12.99,8.99,19.95,20.01")]
    [InlineData("{...Price}", Store, "8.95,12.99,8.99,19.95,20.01")]
    [InlineData("{.Book[-1:].Title}", Store, "Moby Dick")]
    [InlineData("{..Book[2].Title}", Store, "Moby Dick")]
    [InlineData("{.Bicycle[?(@.IsNew==true)].Color}", Store, "red")]
    [InlineData("{.Bicycle[0].*}", Store, "red,19.95,true")]
    [InlineData("{.hello}", Store, null)]
    [InlineData("{.Labels[0]}", Store, null)]
    [InlineData("{[?(@.z)].id}", Points, "i2,i5")]
    [InlineData("{[0]['id']}", Points, "i1")]
    [InlineData("{.items[*].status.addresses[*].address}", Nodes, "127.0.0.1,127.0.0.2,127.0.0.3")]
    [InlineData("{.items[*]['metadata.name', 'status.capacity']}", Nodes, """127.0.0.1,127.0.0.2,{"cpu":"4"},{"cpu":"8"}""")]
    [InlineData("{.users[?(@.name==\"e2e\")].user.password}", Nodes, "secret")]
    [InlineData("{.items[0].metadata.labels.kubernetes\\.io/hostname}", Nodes, "127.0.0.1")]
    [InlineData("{.items[?(@.metadata.labels.kubernetes\\.io/hostname==\"127.0.0.1\")].kind}", Nodes, "None")]
    [InlineData("{.items[?(@..ready==true)].metadata.name}", Nodes, "127.0.0.1")]
    [InlineData("{..name}", Nodes, "127.0.0.1,127.0.0.2,myself,e2e")]
    public void Paths_lead_where_client_go_says(string text, string json, string? expected)
    {
        Assert.True(JsonPath.TryParseColumn(text, out var path, out var error), error);
        Assert.Equal(expected, path.ReadText(Encoding.UTF8.GetBytes(json.Trim())));
    }

    [Theory]
    [InlineData("{............................................................Price}")]
    [InlineData("{hello}")]
    [InlineData("{.Book[?(@.Price<>10)]}")]
    [InlineData(".a[")]
    [InlineData(".a[x]")]
    [InlineData(".a[1:2:0]")]
    [InlineData(".a[?(@.x=~'y')]")]
    [InlineData(".a[?(@.x)")]
    [InlineData("")]
    public void What_is_no_path_is_refused_with_a_reason(string text)
    {
        Assert.False(JsonPath.TryParse(text, out _, out var error));
        Assert.NotEmpty(error);
    }

    /// <summary>
    /// A filter of a request names labels as kubectl's users do; a printer column is read as the server reads it.
    /// </summary>
    [Fact]
    public void A_quoted_name_with_dots_is_a_name_outside_of_columns()
    {
        const string Json = """{"labels":{"app.kubernetes.io/name":"web"}}""";
        const string Text = ".labels['app.kubernetes.io/name']";
        Assert.True(JsonPath.TryParse(Text, out var path, out _));
        Assert.Equal("web", path.ReadText(Encoding.UTF8.GetBytes(Json)));
        Assert.True(JsonPath.TryParseColumn(Text, out var column, out _));
        Assert.Null(column.ReadText(Encoding.UTF8.GetBytes(Json)));
    }

    [Fact]
    public void A_path_that_multiplies_ends_without_a_value()
    {
        var json = string.Concat(Enumerable.Repeat("{\"a\":", 400)) + "1" + new string('}', 400);
        Assert.True(JsonPath.TryParse("..a..a..a", out var path, out _));
        Assert.Null(path.ReadText(Encoding.UTF8.GetBytes(json)));
    }
}
