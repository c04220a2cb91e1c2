using System.Diagnostics;

namespace Vigia.Informers;

/// <summary>
/// The spans of an informer's requests: one for each list, relist, probe and watch, never one for an event.
/// </summary>
/// <remarks>
/// Costs nothing without a listener. A span is the root of its own trace: an informer outlives the request that first
/// needed it.
/// </remarks>
public static class InformerTracing
{
    /// <summary>The source to listen to.</summary>
    public const string SourceName = "Vigia.Informers";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts the span of a request; null without a listener.</summary>
    internal static Activity? Start(ReflectorPhase phase, bool hasSynced, string cluster, string resource)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var name = phase switch
        {
            ReflectorPhase.List or ReflectorPhase.StreamingList => hasSynced ? "relist" : "list",
            ReflectorPhase.Probe => "probe",
            _ => "watch",
        };
        Activity.Current = null;
        var span = Source.StartActivity($"{name} {resource}", ActivityKind.Client);
        span?.SetTag("vigia.cluster", cluster).SetTag("vigia.resource", resource);
        if (phase == ReflectorPhase.StreamingList)
        {
            span?.SetTag("vigia.streaming", true);
        }

        return span;
    }

    /// <summary>Ends a span with its result.</summary>
    internal static void End(Activity? span, ReflectorOutcome outcome, string revision, long events)
    {
        if (span is null)
        {
            return;
        }

        span.SetTag("vigia.outcome", outcome.Ending.ToString()).SetTag("vigia.revision", revision).SetTag("vigia.events", events);
        if (outcome.Ending is not (ReflectorEnding.Done or ReflectorEnding.Completed))
        {
            span.SetStatus(ActivityStatusCode.Error, outcome.Reason);
        }
    }
}
