using Vigia.Terminal.Loading;
using Vigia.Terminal.Overview;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Views;

/// <summary>Everything a frame is a function of, beside the state.</summary>
/// <param name="Clusters">The clusters that are looked at.</param>
/// <param name="Rows">The table's rows.</param>
/// <param name="Document">The text's lines.</param>
/// <param name="Pulse">The overview's figures.</param>
/// <param name="Reducing">What keys depend on: for completion in the prompt.</param>
/// <param name="Theme">Colours.</param>
/// <param name="Depth">How many of them.</param>
/// <param name="Now">The time.</param>
internal sealed record ScreenContent(
    IReadOnlyList<ClusterStatus> Clusters,
    ITableRows Rows,
    TextDocument Document,
    PulseMeasurements Pulse,
    ReducerContext Reducing,
    Theme Theme,
    ColourDepth Depth,
    DateTimeOffset Now
)
{
    /// <summary>How long a change lights up.</summary>
    public static readonly TimeSpan LightTime = TimeSpan.FromSeconds(2);
}
