using Vigia.Terminal.Commands;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Tests.States;

public sealed class ReducerTests
{
    private readonly TableIndex _table = Fixtures.Table([
        .. Enumerable.Range(0, 100).Select(i => Fixtures.Pod(i < 50 ? "default" : "shop", $"pod-{i:00}")),
    ]);

    [Fact]
    public void The_cursor_stays_on_its_object_when_others_come_and_go()
    {
        var (state, _) = Fixtures.Type(Fixtures.State(), _table, "j", "j", "j");
        Assert.Equal("pod-03", Selected(state));
        _table.Apply(
            0,
            "demo",
            [Fixtures.Change(Fixtures.Pod("default", "aaa")), new(Fixtures.Pod("default", "pod-01"), null, RowChange.None, 0)],
            0
        );

        state = Reducer.Settle(state, Fixtures.Context(_table));
        Assert.Equal("pod-03", Selected(state));
        _table.Apply(0, "demo", [new(Fixtures.Pod("default", "pod-03"), null, RowChange.None, 0)], 0);
        state = Reducer.Settle(state, Fixtures.Context(_table));
        Assert.Equal("pod-04", Selected(state));
    }

    [Fact]
    public void A_filter_holds_while_it_is_typed_and_escape_takes_it_back()
    {
        var (state, _) = Fixtures.Type(Fixtures.State(), _table, "/", "p", "o", "d", "-", "4");
        Assert.Equal(10, _table.Count);
        Assert.NotNull(state.Prompt);
        (state, _) = Fixtures.Type(state, _table, "enter");
        Assert.Null(state.Prompt);
        Assert.Equal("pod-4", ((TableState)state.View).Filter.Text);
        (state, _) = Fixtures.Type(state, _table, "/", "2", "esc");
        Assert.Equal(10, _table.Count);
        (state, _) = Fixtures.Type(state, _table, "esc");
        Assert.Equal(100, _table.Count);
    }

    [Fact]
    public void Number_keys_choose_namespaces()
    {
        var (state, _) = Fixtures.Type(Fixtures.State(), _table, "3");
        Assert.Equal("shop", ((TableState)state.View).Namespace);
        Assert.Equal(50, _table.Count);
        (state, _) = Fixtures.Type(state, _table, "0");
        Assert.Null(((TableState)state.View).Namespace);
        Assert.Equal(100, _table.Count);
    }

    [Fact]
    public void Views_have_a_history()
    {
        var state = Fixtures.State();
        (state, _) = Fixtures.Type(state, _table, ":", "d", "e", "p", "l", "o", "y", "enter");
        Assert.Equal("deployments", ((TableState)state.View).Entry.Name);
        (state, _) = Fixtures.Type(state, _table, "[");
        Assert.Equal("pods", ((TableState)state.View).Entry.Name);
        (state, _) = Fixtures.Type(state, _table, "]");
        Assert.Equal("deployments", ((TableState)state.View).Entry.Name);
        (state, _) = Fixtures.Type(state, _table, "-");
        Assert.Equal("pods", ((TableState)state.View).Entry.Name);
        (state, _) = Fixtures.Type(state, _table, "-");
        Assert.Equal("deployments", ((TableState)state.View).Entry.Name);
    }

    [Theory]
    [InlineData("po shop", "pods", "shop", "")]
    [InlineData("svc all", "services", null, "")]
    [InlineData("po /crash !istio", "pods", null, "crash !istio")]
    [InlineData("deploy app=a,env=b", "deployments", null, "-l app=a,env=b")]
    [InlineData("po -f crt", "pods", null, "-f crt")]
    [InlineData("no", "nodes", null, "")]
    public void Commands_name_resources_namespaces_and_filters(string command, string resource, string? ns, string filter)
    {
        var state = CommandLine.Run(Fixtures.State(), command, Fixtures.Context(_table), []);

        var table = Assert.IsType<TableState>(state.View);
        Assert.Equal((resource, ns, filter), (table.Entry.Name, table.Namespace, table.Filter.Text));
    }

    [Fact]
    public void Commands_are_completed_and_remembered()
    {
        var (state, _) = Fixtures.Type(Fixtures.State(), _table, ":", "d", "e", "p", "tab");
        Assert.Equal("deploy", state.Prompt!.Text);
        (state, _) = Fixtures.Type(state, _table, "space", "s", "h", "tab", "enter");
        Assert.Equal("shop", ((TableState)state.View).Namespace);
        (state, _) = Fixtures.Type(state, _table, ":", "up");
        Assert.Equal("deploy shop", state.Prompt!.Text);
    }

    [Fact]
    public void What_changes_a_cluster_asks_first_and_no_is_the_default()
    {
        var (state, effects) = Fixtures.Type(Fixtures.State(), _table, "j", "ctrl-d");
        Assert.Contains("delete pods/pod-01 -n default", Assert.Single(state.Dialog!.Write(state.Dialog.Inputs).Lines));
        var (no, none) = Fixtures.Type(state, _table, "enter");
        Assert.Null(no.Dialog);
        Assert.Empty(effects.Concat(none));

        var (_, done) = Fixtures.Type(state, _table, "y");
        var action = Assert.IsType<ObjectEffect>(Assert.Single(done));
        Assert.Equal((UiAction.Delete, "pod-01"), (action.Action, action.Objects.Single().Key.Name));
    }

    [Fact]
    public void Marks_take_part_in_actions_and_are_gone_after()
    {
        var (state, _) = Fixtures.Type(Fixtures.State(), _table, "space", "j", "space", "ctrl-d");
        Assert.Equal("delete 2 pods", state.Dialog!.Title);
        var (after, effects) = Fixtures.Type(state, _table, "y");
        Assert.Equal(["pod-00", "pod-02"], Assert.IsType<ObjectEffect>(Assert.Single(effects)).Objects.Select(key => key.Key.Name).Order());
        Assert.Empty(((TableState)after.View).Marks);
    }

    [Fact]
    public void A_read_only_session_changes_nothing()
    {
        var (state, effects) = Fixtures.Type(Fixtures.State() with { IsReadOnly = true }, _table, "ctrl-d", "y", "e");
        Assert.Null(state.Dialog);
        Assert.Empty(effects);
        Assert.Contains("read-only", state.Toast!.Text);
    }

    [Fact]
    public void No_key_is_bound_twice_in_one_place()
    {
        foreach (var kind in ResourceKinds())
        {
            var clashes = Enum.GetValues<KeyScope>()
                .Where(scope => scope != KeyScope.All)
                .SelectMany(scope =>
                    KeyTable
                        .Default.All.Where(binding => (binding.Scope & scope) != 0 && binding.AppliesTo(kind))
                        .SelectMany(binding => binding.Keys.Select(key => (scope, key, binding)))
                        .GroupBy(bound => (bound.scope, bound.key))
                        .Where(group =>
                            group.Select(bound => bound.binding.Action).Distinct().Count() > 1
                            && group.All(bound => bound.binding.Kinds is null)
                        )
                );
            Assert.Empty(clashes.Select(clash => clash.Key));
        }
    }

    [Fact]
    public void Keys_that_come_out_of_nowhere_do_no_harm()
    {
        const int seed = 7;
        var random = new Random(seed);
        string[] keys = [.. KeyTable.Default.All.SelectMany(binding => binding.Keys).Distinct(), "x", "enter", "backspace", "tab", "esc"];
        var state = Fixtures.State(random.Next(10, 200), random.Next(3, 60));
        for (var i = 0; i < 5000; i++)
        {
            var (next, _) = Reducer.Reduce(
                state,
                InputEvent.Key(keys[random.Next(keys.Length)]),
                Fixtures.Context(_table, state.View is TextState ? Vigia.Terminal.Documents.HelpText.Write() : null)
            );
            state = next;
            if (state.View is TableState view && view.Entry == Fixtures.Pods)
            {
                _table.Arrange(view.Filter, view.Order);
            }
            else if (state.View is TableState)
            {
                state = state with { View = new TableState(state.NextId, Fixtures.Pods), NextId = state.NextId + 1 };
            }

            Fixtures.Draw(state, _table, state.View is TextState ? Vigia.Terminal.Documents.HelpText.Write() : null);
        }
    }

    private static string? Selected(AppState state) => ((TableState)state.View).Selected?.Key.Name;

    private static IEnumerable<string> ResourceKinds() => ["Pod", "Deployment", "Node", "Service", "ConfigMap"];
}
