using System.Text;
using Vigia.Controllers.Reconciling;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>What a controller is told when its source was reset or folded: nothing that is gone is forgotten.</summary>
public sealed class SourceHandlerTests
{
    private readonly List<string> _told = [];
    private readonly SourceHandler _handler;

    public SourceHandlerTests() =>
        _handler = new(
            (delta, priority) =>
                _told.Add(
                    $"{delta.Kind} {delta.Old?.ResourceVersion.ToString() ?? "-"}>{delta.New?.ResourceVersion.ToString() ?? "-"} "
                        + $"{delta.Object.Name} {priority}"
                ),
            () => { },
            _ => { },
            new ManualTimeProvider()
        );

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_known_before_a_reset_and_is_not_given_again_is_deleted()
    {
        await GivenAsync(Initial("gone", 1), Initial("kept", 2), Initial("changed", 3));
        await ResetAsync(Initial("changed", 5), Initial("kept", 2), Initial("new", 6));

        Assert.Equal(["Updated 3>5 changed Low", "Updated 2>2 kept Low", "Added ->6 new Low", "Deleted 1>- gone Normal"], _told);
    }

    [Fact]
    public async Task One_recreated_out_of_sight_of_a_reset_is_deleted_and_added()
    {
        await GivenAsync(Initial("a", 1, "first"));
        await ResetAsync(Initial("a", 5, "second"));

        Assert.Equal(["Added ->5 a Low", "Deleted 1>- a Normal"], _told);
    }

    [Fact]
    public async Task What_was_deleted_before_a_reset_is_not_deleted_again()
    {
        await GivenAsync(Initial("a", 1), new Delta(DeltaKind.Deleted, Make("a", 2), null, default, default));
        await ResetAsync();
        await ResetAsync();

        Assert.Empty(_told);
    }

    [Fact]
    public async Task Where_steps_were_folded_away_the_old_version_is_the_one_seen_last()
    {
        await GivenAsync(Initial("a", 1));
        await _handler.HandleAsync(new Delta(DeltaKind.Updated, null, Make("a", 9), default, default) { IsFolded = true }, Cancellation);

        Assert.Equal(["Updated 1>9 a Normal"], _told);
    }

    [Fact]
    public async Task The_replay_to_a_handler_that_knows_nothing_deletes_nothing()
    {
        await GivenAsync(Initial("a", 1));
        await _handler.ReplayedAsync(Cancellation);

        Assert.Empty(_told);
    }

    private static RawObject Make(string name, ulong revision, string uid = "uid") =>
        RawObject.Parse(
            Encoding.UTF8.GetBytes(
                $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default","uid":"{{{uid}}}","resourceVersion":"{{{revision}}}"} }"""
            )
        );

    private static Delta Initial(string name, ulong revision, string uid = "uid") =>
        new(DeltaKind.Added, null, Make(name, revision, uid), default, default) { IsInInitialList = true };

    /// <summary>Tells what goes before; what the controller makes of that is not looked at.</summary>
    private async Task GivenAsync(params Delta[] deltas)
    {
        foreach (var delta in deltas)
        {
            await _handler.HandleAsync(delta, Cancellation);
        }

        _told.Clear();
    }

    private async Task ResetAsync(params Delta[] deltas)
    {
        await _handler.ResetAsync(Cancellation);
        foreach (var delta in deltas)
        {
            await _handler.HandleAsync(delta, Cancellation);
        }

        await _handler.ReplayedAsync(Cancellation);
    }
}
