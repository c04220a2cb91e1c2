using System.Text;
using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>One metric of the objects of a resource.</summary>
/// <param name="Name">Its name, as kube-state-metrics calls it.</param>
/// <param name="Labels">The labels in addition to those of the object, for documents.</param>
/// <param name="Help">Its description.</param>
/// <param name="Write">Writes the series of an object; none if it has no value.</param>
internal sealed record ObjectFamily(string Name, string Labels, string Help, ObjectFamily.Writer Write)
{
    /// <summary>Writes the series of an object.</summary>
    public delegate void Writer(SeriesWriter to, in ObjectView of);

    /// <summary>How it moves.</summary>
    public MetricType Type => Name.EndsWith("_total", StringComparison.Ordinal) ? MetricType.Counter : MetricType.Gauge;

    /// <summary>Only objects with one of these flags are looked at; 0 for all.</summary>
    public int Needs { get; init; }

    /// <summary>False if header and flags suffice: the body need not be opened.</summary>
    public bool ReadsBody { get; init; } = true;

    /// <summary>The name as bytes.</summary>
    public byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The lines that come before the series.</summary>
    public byte[] Head()
    {
        var text = new StringBuilder();
        MetricFamily.WriteHead(text, Name, Type, Help);
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
