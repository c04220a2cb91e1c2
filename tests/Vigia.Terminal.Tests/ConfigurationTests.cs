using Vigia.Terminal.App;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Tests;

/// <summary>A user's own theme, keys and names.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-config");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Keys_and_aliases_are_read_and_do_what_they_say()
    {
        var read = Load("theme: none\nkeys: {ctrl-x: delete, f5: ':deploy shop', c: none}\naliases: {crash: po /crash}\n");
        Assert.Equal("none", read.Theme);
        var keys = KeyTable.Default.With(read.Keys);
        Assert.Equal(UiAction.Delete, keys.Find("ctrl-x", KeyScope.Table, "Pod")!.Action);
        Assert.Equal(UiAction.Delete, keys.Find("ctrl-d", KeyScope.Table, "Pod")!.Action);
        Assert.Null(keys.Find("c", KeyScope.Table, "Node"));

        var table = Fixtures.Table(Fixtures.Pod("shop", "a"));
        var context = Fixtures.Context(table) with { Keys = keys, Aliases = read.Aliases };
        var (state, _) = Reducer.Reduce(Fixtures.State(), InputEvent.Key("f5"), context);
        var shown = Assert.IsType<TableState>(state.View);
        Assert.Equal(("deployments", "shop"), (shown.Entry.Name, shown.Namespace));
        shown = Assert.IsType<TableState>(CommandLine.Run(Fixtures.State(), "crash", context, []).View);
        Assert.Equal(("pods", "crash"), (shown.Entry.Name, shown.Filter.Text));
        Assert.Contains(
            Vigia.Terminal.Documents.HelpText.Write(keys).Lines,
            line => line.Plain.Contains("ctrl-x ctrl-d", StringComparison.Ordinal)
        );
        Assert.Contains(
            Vigia.Terminal.Documents.HelpText.Write(keys).Lines,
            line => line.Plain.Contains("f5", StringComparison.Ordinal) && line.Plain.Contains(":deploy shop", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_key_taken_for_one_thing_is_taken_from_another_where_they_meet_and_nowhere_else()
    {
        var keys = KeyTable.Default.With(new Dictionary<string, string> { ["s"] = "show-node" });
        Assert.Equal(UiAction.ShowNode, keys.Find("s", KeyScope.Table, "Pod")!.Action);
        Assert.Equal(UiAction.Scale, keys.Find("s", KeyScope.Table, "Deployment")!.Action);
        Assert.Equal(UiAction.ToggleFollow, keys.Find("s", KeyScope.Logs, null)!.Action);
    }

    [Theory]
    [InlineData("keys: {x: fly}\n", "'fly' is no action; there are ")]
    [InlineData("keys: [a]\n", "line 1: keys are names and values")]
    [InlineData("theme: pink\n", "theme is 'pink', expected dark, light, none or auto")]
    [InlineData("themes: dark\n", "line 1: 'themes' is not known, did you mean 'theme'?; there are ")]
    [InlineData("aliases:\n  a:\n", "line 2: aliases: what shall 'a' be?")]
    public void What_is_not_understood_is_told(string text, string expected)
    {
        var error = Assert.ThrowsAny<Exception>(() => KeyTable.Default.With(Load(text).Keys));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told_at_once_each_with_its_line()
    {
        var error = Assert.Throws<TopConfigurationException>(() =>
            Load("theme: pink\nmous: true\nreadonly: perhaps\nkeys: {x: fly}\naliases: [a]\n")
        );
        Assert.Equal(
            [1, 2, 3, 4, 5],
            error
                .Message.Split('\n')
                .Select(line => int.Parse(line.Split("line ")[1].Split(':')[0], System.Globalization.CultureInfo.InvariantCulture))
                .Order()
        );
    }

    [Fact]
    public void Every_action_has_a_name_of_its_own_for_the_configuration()
    {
        var names = Enum.GetValues<UiAction>().Select(KeyTable.NameOf).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Contains("previous-logs", names);
        Assert.Contains("since-15", names);
    }

    private TopConfiguration Load(string text)
    {
        var file = Path.Combine(_folder.FullName, "top.yaml");
        File.WriteAllText(file, text);
        return TopConfiguration.Load(file);
    }
}
