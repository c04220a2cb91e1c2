using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace Vigia.Gateway.Metrics;

/// <summary>
/// Collects .NET's instruments for scrapes: counters are added up, histograms counted, gauges read at the scrape.
/// </summary>
/// <remarks>
/// A measurement costs a search among the instrument's series (few: labels are of closed sets) and an addition. Safe on
/// any thread. Dispose stops listening.
/// </remarks>
internal sealed class MeterReader : IDisposable
{
    // The possible values of a label are limited by its instrument; if they are not, this bounds the cost.
    private const int MaxSeries = 1_000;

    private readonly MeterListener _listener = new();
    private readonly Lock _scraping = new();
    private readonly Func<Meter, bool> _meters;
    private ImmutableDictionary<Instrument, Gathered> _instruments = ImmutableDictionary<Instrument, Gathered>.Empty;

    /// <summary>
    /// Starts to listen to the instruments of the meters selected by <paramref name="meters"/>, including later ones.
    /// </summary>
    public MeterReader(Func<Meter, bool> meters)
    {
        _meters = meters;
        _listener.InstrumentPublished = Publish;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, gathered) => ((Gathered)gathered!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, gathered) => ((Gathered)gathered!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>Writes the collected values; an instrument without a measurement has no series.</summary>
    public void Write(MetricText text)
    {
        lock (_scraping)
        {
            foreach (var gathered in _instruments.Values)
            {
                gathered.Forget();
            }

            _listener.RecordObservableInstruments();

            // Instruments of the same name are one metric: a name occurs once in a scrape.
            foreach (var group in _instruments.GroupBy(pair => pair.Key.Name, StringComparer.Ordinal))
            {
                MetricFamily? family = null;
                foreach (var (instrument, gathered) in group)
                {
                    family ??= gathered.Type switch
                    {
                        MetricType.Counter => text.Counter(instrument.Name, Help(instrument)),
                        MetricType.Histogram => text.Histogram(instrument.Name, Help(instrument)),
                        _ => text.Gauge(instrument.Name, Help(instrument)),
                    };
                    gathered.Write(family);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static string Help(Instrument instrument) =>
        instrument.Description is { Length: > 0 } text
            ? text.EndsWith('.')
                ? text
                : text + "."
            : instrument.Name;

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!_meters(instrument.Meter))
        {
            return;
        }

        Gathered? gathered = instrument switch
        {
            Counter<long> or ObservableCounter<long> or ObservableCounter<double> or Counter<double> => new Gathered(
                MetricType.Counter,
                instrument.IsObservable,
                null
            ),
            Histogram<double> histogram => new Gathered(
                MetricType.Histogram,
                false,
                histogram.Advice?.HistogramBucketBoundaries ?? GatewayInstruments.Durations
            ),
            ObservableGauge<double> or ObservableGauge<long> => new Gathered(MetricType.Gauge, true, null),
            _ => null,
        };
        if (gathered is not null)
        {
            ImmutableInterlocked.TryAdd(ref _instruments, instrument, gathered);
            listener.EnableMeasurementEvents(instrument, gathered);
        }
    }

    /// <summary>The series of one instrument.</summary>
    private sealed class Gathered(MetricType type, bool isObserved, IReadOnlyList<double>? bounds)
    {
        private readonly Lock _gate = new();
        private Series[] _series = [];

        public MetricType Type => type;

        public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Find(_series, tags) is not { } series && (series = Add(tags)) is null)
            {
                return;
            }

            series.Take(value, isObserved);
        }

        /// <summary>Observable instruments may have gone since the last scrape.</summary>
        public void Forget()
        {
            if (isObserved)
            {
                _series = [];
            }
        }

        public void Write(MetricFamily family)
        {
            foreach (var series in _series)
            {
                if (series.Histogram is { } histogram)
                {
                    family.Set(histogram.Read(), series.Labels);
                }
                else
                {
                    family.Set(series.Value, series.Labels);
                }
            }
        }

        private static Series? Find(Series[] all, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var series in all)
            {
                if (series.Has(tags))
                {
                    return series;
                }
            }

            return null;
        }

        private Series? Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (_gate)
            {
                if (Find(_series, tags) is { } added)
                {
                    return added;
                }

                if (_series.Length >= MaxSeries)
                {
                    return null;
                }

                var series = new Series(tags.ToArray(), bounds is null ? null : new Histogram(bounds));
                _series = [.. _series, series];
                return series;
            }
        }
    }

    private sealed class Series(KeyValuePair<string, object?>[] tags, Histogram? histogram)
    {
        private double _value;

        public Histogram? Histogram => histogram;

        public double Value => Volatile.Read(ref _value);

        public (string Name, string Value)[] Labels => [.. tags.Select(tag => (tag.Key, tag.Value?.ToString() ?? ""))];

        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> others)
        {
            if (others.Length != tags.Length)
            {
                return false;
            }

            for (var i = 0; i < tags.Length; i++)
            {
                if (!Equals(tags[i].Value, others[i].Value) || tags[i].Key != others[i].Key)
                {
                    return false;
                }
            }

            return true;
        }

        public void Take(double value, bool isWhole)
        {
            if (histogram is not null)
            {
                histogram.Record(value);
                return;
            }

            if (isWhole)
            {
                Volatile.Write(ref _value, value);
                return;
            }

            double before;
            do
            {
                before = Volatile.Read(ref _value);
            } while (Interlocked.CompareExchange(ref _value, before + value, before) != before);
        }
    }
}
