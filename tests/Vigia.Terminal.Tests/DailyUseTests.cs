using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Documents;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Tests;

/// <summary>Faults that a daily user meets.</summary>
public sealed class DailyUseTests
{
    /// <summary>Five replicas and a 5 typed must not be 55.</summary>
    [Theory]
    [InlineData("5", "5")]
    [InlineData("12", "1", "2")]
    [InlineData("57", "backspace", "5", "7")]
    [InlineData("", "ctrl-u")]
    public void What_is_typed_first_takes_the_place_of_what_was_offered(string expected, params string[] keys)
    {
        var dialog = new DialogState("scale", _ => new([]), [new("y", "yes")])
        {
            Fields = [new("replicas", "replicas", "5") { IsNumber = true }],
        };
        var state = Fixtures.State() with { Dialog = dialog };
        foreach (var key in keys)
        {
            state = DialogReducer.Key(state, key, []);
        }

        Assert.Equal(expected, state.Dialog!.Fields[0].Value);
    }

    [Theory]
    [InlineData("po kube-systm", "there is no namespace 'kube-systm', did you mean 'kube-system'?")]
    [InlineData("po shop/web", "there is no namespace 'shop/web'")]
    [InlineData("ns nowhere-at-all", "there is no namespace 'nowhere-at-all'")]
    public void A_namespace_that_does_not_exist_is_refused_and_becomes_no_favourite(string command, string said)
    {
        var before = Fixtures.State();
        var state = CommandLine.Run(before, command, Fixtures.Context(Fixtures.Table()), []);
        Assert.StartsWith(said, state.Toast!.Text, StringComparison.Ordinal);
        Assert.Equal(before.Favourites, state.Favourites);
        Assert.Equal(before.View, state.View);
    }

    [Fact]
    public void A_namespace_may_be_gone_to_where_they_may_not_be_listed()
    {
        var state = CommandLine.Run(Fixtures.State(), "po team-x", Fixtures.Context(Fixtures.Table()) with { KnowsNamespaces = false }, []);
        Assert.Equal("team-x", Assert.IsType<TableState>(state.View).Namespace);
    }

    [Fact]
    public void At_80_columns_names_are_told_apart_and_nothing_lies_under_the_scrollbar()
    {
        RawObject[] pods =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(i => Fixtures.Pod("team-logistics", $"logistics-consumer-klfc7d9x5-x{i:00}zk", restarts: i == 3 ? 4 : 0)),
        ];
        var table = Fixtures.Table(pods);
        var screen = Fixtures.Draw(Fixtures.State(), table);
        var rows = screen.Split('\n').Where(line => line.Contains("zk ", StringComparison.Ordinal)).ToArray();
        Assert.True(rows.Length > 10, screen);
        Assert.Equal(
            rows.Length,
            rows.Select(row => row.Split(' ').First(word => word.Contains("zk", StringComparison.Ordinal))).Distinct().Count()
        );
        Assert.All(
            screen.Split('\n').Where(line => line.Contains('▐', StringComparison.Ordinal)),
            line => Assert.Equal(' ', line[line.IndexOf('▐', StringComparison.Ordinal) - 1])
        );
    }

    [Fact]
    public void On_a_narrow_screen_the_namespace_goes_before_the_name()
    {
        var table = Fixtures.Table(Fixtures.Pod("team-logistics", "logistics-consumer-klfc7d9x5-x00zk"));
        var screen = Fixtures.Draw(Fixtures.State(width: 52), table);
        Assert.DoesNotContain("NAMESPACE", screen, StringComparison.Ordinal);
        Assert.Contains("x00zk", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void What_happened_on_another_day_has_its_date()
    {
        var now = new DateTimeOffset(2026, 1, 12, 9, 0, 0, TimeSpan.Zero);
        Assert.Equal("08:24:41   ", ChangesDocument.Clock(new(2026, 1, 12, 8, 24, 41, TimeSpan.Zero), now, TimeZoneInfo.Utc));
        Assert.Equal("2026-01-01 08:24:41   ", ChangesDocument.Clock(new(2026, 1, 1, 8, 24, 41, TimeSpan.Zero), now, TimeZoneInfo.Utc));
    }

    [Fact]
    public async Task Enter_on_a_definition_lists_its_objects()
    {
        await using var app = await AppFixture.StartAsync("same-plural-crds.yaml", "same-plural-objects.yaml");
        await app.CommandAsync("crd /serving", "[1 of ");
        await app.TypeAsync("enter", "services.serving.three.example in all namespaces");
        await app.UntilAsync("http://k");
    }

    [Theory]
    [InlineData("sec", "secrets in all namespaces")]
    [InlineData("configm", "configmaps in all namespaces")]
    [InlineData("deply", "unknown resource 'deply', did you mean 'deploy'?")]
    public async Task A_beginning_means_the_only_name_that_begins_so_and_a_slip_is_told(string typed, string shows)
    {
        await using var app = await AppFixture.StartAsync();
        await app.CommandAsync(typed, shows);
    }

    [Theory]
    [InlineData("poddisruptionbudgets", """{"spec":{"minAvailable":"50%"},"status":{"disruptionsAllowed":2}}""", "a 50% N/A 2 <unknown>")]
    [InlineData(
        "storageclasses",
        """{"metadata":{"name":"a","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"p"}""",
        "a (default) p Delete Immediate false <unknown>"
    )]
    [InlineData("rolebindings", """{"roleRef":{"kind":"Role","name":"r"}}""", "a Role/r <unknown>")]
    [InlineData(
        "resourcequotas",
        """{"status":{"hard":{"pods":"10","limits.cpu":"2"},"used":{"pods":"1"}}}""",
        "a pods: 1/10 limits.cpu: 0/2 <unknown>"
    )]
    [InlineData(
        "endpoints",
        """{"subsets":[{"addresses":[{"ip":"1.1.1.1"},{"ip":"1.1.1.2"},{"ip":"1.1.1.3"},{"ip":"1.1.1.4"}],"ports":[{"port":80}]}]}""",
        "a 1.1.1.1:80,1.1.1.2:80,1.1.1.3:80 + 1 more... <unknown>"
    )]
    public void Built_in_kinds_outside_the_catalog_have_kubectls_columns(string resource, string json, string expected)
    {
        var entry = ResourceCatalog.Others.Find(resource)!;
        var named = json.Contains("metadata", StringComparison.Ordinal) ? json : json.Insert(1, "\"metadata\":{\"name\":\"a\"},");
        var row = entry.Project(RawObject.Parse(System.Text.Encoding.UTF8.GetBytes(named)));
        Assert.Null(row.Error);
        Assert.Equal(
            expected,
            string.Join(
                ' ',
                entry.Columns.Index().Where(column => !column.Item.IsWide).Select(column => row.Text(column.Index, Fixtures.Now))
            )
        );
    }
}
