using System.Diagnostics.Metrics;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Informing;

/// <summary>What the informers of a process say of themselves as instruments.</summary>
public sealed class InformerMetricsTests
{
    [Fact]
    public async Task An_informer_is_told_from_its_start_until_it_is_stopped()
    {
        var server = new ScriptedServer { Cluster = $"c-{Guid.NewGuid():n}" };
        server.Put("a");
        await using (var informer = new SharedInformer(server))
        {
            Assert.Empty(Read(server.Cluster));
            informer.Start();
            await Eventually.TrueAsync(() => Read(server.Cluster).GetValueOrDefault("vigia_informer_live") == 1, "it is live");
            server.Put("b");
            await Eventually.TrueAsync(() => Read(server.Cluster)["vigia_informer_objects"] == 2, "the second came");
            var figures = Read(server.Cluster);
            Assert.Equal(
                (1, 0, 1, 0),
                (
                    figures["reflector_lists_total"],
                    figures["vigia_informer_relists_total"],
                    figures["reflector_watches_total"],
                    figures["vigia_informer_stale_seconds"]
                )
            );
            Assert.True(figures["vigia_informer_last_event_timestamp_seconds"] > 1e9);
        }

        Assert.Empty(Read(server.Cluster));
    }

    [Fact]
    public void Every_figure_has_a_name_of_its_own_and_counters_are_called_so()
    {
        Assert.Equal(InformerMeasurement.All.Count, InformerMeasurement.All.Select(figure => figure.Name).Distinct().Count());
        Assert.All(
            InformerMeasurement.All,
            figure => Assert.Equal(figure.IsCounter, figure.Name.EndsWith("_total", StringComparison.Ordinal))
        );
    }

    private static Dictionary<string, double> Read(string cluster)
    {
        var read = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listening) =>
        {
            if (instrument.Meter.Name == InformerMetrics.MeterName)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>(
            (instrument, value, tags, _) =>
            {
                foreach (var tag in tags)
                {
                    if (tag is { Key: "cluster", Value: string name } && name == cluster)
                    {
                        read[instrument.Name] = value;
                    }
                }
            }
        );
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
