using Vigia.Terminal.Commands;
using Vigia.Terminal.Documents;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Tests;

/// <summary>Contexts are chosen by whatever name they have.</summary>
public sealed class ContextNamesTests
{
    private static readonly string[] All =
    [
        "default/api:6443/Eckl Maté",
        "ctx1 (aws)",
        "日本 クラスタ",
        "a,b",
        "all",
        "AKS Dev Env",
        "AKS",
        "demo",
    ];

    public static TheoryData<string> EachName => [.. All];

    [Theory]
    [MemberData(nameof(EachName))]
    public void Each_line_of_the_list_chooses_its_context(string name)
    {
        var list = ListTexts.Contexts(All, Array.Empty<ClusterStatus>());
        var line = list.Lines.Single(line => line.Plain.Trim() == name);
        Assert.Equal([name], Run(line.Command!));
    }

    [Theory]
    [MemberData(nameof(EachName))]
    public void A_name_may_be_typed_as_it_is_or_in_quotes(string name)
    {
        if (name != "all")
        {
            Assert.Equal([name], Run("ctx " + name));
            Assert.Equal([name], Run($"po @{name}"));
        }

        Assert.Equal([name], Run($"ctx \"{name}\""));
        Assert.Equal([name], Run($"po team @\"{name}\""));
    }

    [Theory]
    [InlineData("ctx demo AKS Dev Env", "demo", "AKS Dev Env")]
    [InlineData("ctx AKS,demo", "AKS", "demo")]
    [InlineData("ctx AKS, demo", "AKS", "demo")]
    [InlineData("ctx a,b ctx1 (aws)", "a,b", "ctx1 (aws)")]
    [InlineData("ctx 'AKS Dev Env' 'demo'", "AKS Dev Env", "demo")]
    [InlineData("po @AKS,demo", "AKS", "demo")]
    public void Several_are_told_apart_by_blanks_and_commas(string command, params string[] expected) =>
        Assert.Equal(expected, Run(command));

    [Fact]
    public void Star_and_all_are_all_of_them_where_none_is_called_so()
    {
        Assert.Equal(All, Run("ctx *"));
        Assert.Equal(["demo", "staging"], ContextNames.Read("all", ["demo", "staging"]).Names);
        Assert.Equal("nowhere", ContextNames.Read("demo nowhere", All).Unknown);
    }

    [Fact]
    public void Namespace_and_filter_stay_beside_a_context()
    {
        var effects = new List<Effect>();
        var state = CommandLine.Run(
            Fixtures.State(),
            "po shop @AKS Dev Env /web 1",
            Fixtures.Context(Fixtures.Table()) with
            {
                AllContexts = All,
            },
            effects
        );
        Assert.Equal(["AKS Dev Env"], effects.OfType<ContextEffect>().Single().Names);
        var table = Assert.IsType<TableState>(state.View);
        Assert.Equal(("shop", "web 1"), (table.Namespace, table.Filter.Text));
    }

    private static IReadOnlyList<string> Run(string command)
    {
        var effects = new List<Effect>();
        CommandLine.Run(Fixtures.State(), command, Fixtures.Context(Fixtures.Table()) with { AllContexts = All }, effects);
        return effects.OfType<ContextEffect>().Single().Names;
    }
}
