using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Vigia.Catalog.Paths;
using Vigia.Gateway.Metrics;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>
/// Computes the metrics of objects from their bytes while they are sent: nothing is kept between scrapes.
/// </summary>
/// <remarks>
/// The format wants a metric's series together, so the objects are gone through once for each metric. A first look
/// finds where spec and status begin, so that later ones begin there. While a scrape lasts it costs about 200 bytes an
/// object and 64 KB, whatever is written.
/// </remarks>
internal sealed class ObjectScrape(PipeWriter output) : IDisposable
{
    private readonly SeriesWriter _writer = new(output);

    /// <summary>Bytes written so far.</summary>
    public long Written => _writer.Written;

    /// <summary>Writes all metrics of a resource.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="objects">Its objects, cluster by cluster; the cluster is null if it is to be no label.</param>
    /// <param name="cancellationToken">The client left.</param>
    public async Task WriteAsync(
        ObjectResource resource,
        IReadOnlyList<(string? Cluster, IReadOnlyCollection<RawObject> Objects)> objects,
        CancellationToken cancellationToken
    )
    {
        var count = objects.Sum(part => part.Objects.Count);
        if (count == 0)
        {
            return;
        }

        var all = ArrayPool<RawObject>.Shared.Rent(count);
        var places = ArrayPool<Place>.Shared.Rent(count);
        var identities = new Identities(resource, count);
        try
        {
            var next = 0;
            foreach (var (cluster, part) in objects)
            {
                foreach (var o in part)
                {
                    all[next] = o;
                    places[next] = Look(resource, o) with { Identity = identities.Add(cluster, o) };
                    next++;
                }
            }

            foreach (var family in resource.Families)
            {
                _writer.Enter(family.NameBytes, family.Head());
                for (var at = 0; at < next; )
                {
                    at = WriteSome(family, all, places, identities, at, next);
                    await _writer.FlushAsync(cancellationToken);
                }
            }
        }
        finally
        {
            identities.Dispose();
            ArrayPool<RawObject>.Shared.Return(all, clearArray: true);
            ArrayPool<Place>.Shared.Return(places);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static Place Look(ObjectResource resource, RawObject o)
    {
        using var body = o.Open();
        var (spec, status) = (0, 0);
        foreach (var member in new JsonView(body.Span).Members())
        {
            if (member.Name.SequenceEqual("spec"u8))
            {
                spec = Offset(body.Span, member.Value);
            }
            else if (member.Name.SequenceEqual("status"u8))
            {
                status = Offset(body.Span, member.Value);
            }
        }

        return new Place(spec, status, resource.Classify(o, At(body.Span, spec), At(body.Span, status)), default);
    }

    private static int Offset(ReadOnlySpan<byte> body, JsonView value) =>
        (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(body), ref MemoryMarshal.GetReference(value.Raw));

    private static JsonView At(ReadOnlySpan<byte> body, int offset) => offset == 0 ? default : new JsonView(body[offset..]);

    private int WriteSome(ObjectFamily family, RawObject[] all, Place[] places, Identities identities, int at, int end)
    {
        for (; at < end && !_writer.IsFull; at++)
        {
            ref readonly var place = ref places[at];
            if (family.Needs != 0 && (place.Flags & family.Needs) == 0)
            {
                continue;
            }

            _writer.Enter(identities[place.Identity]);
            if (family.ReadsBody)
            {
                using var body = all[at].Open();
                family.Write(
                    _writer,
                    new ObjectView(all[at], place.Flags, new JsonView(body.Span), At(body.Span, place.Spec), At(body.Span, place.Status))
                );
            }
            else
            {
                family.Write(_writer, new ObjectView(all[at], place.Flags, default, default, default));
            }
        }

        return at;
    }

    /// <summary>The result of the first look at an object.</summary>
    private readonly record struct Place(int Spec, int Status, int Flags, (int At, int Length) Identity);

    /// <summary>The labels that every series of an object has, written once.</summary>
    private sealed class Identities : IDisposable
    {
        private readonly ObjectResource _resource;
        private readonly StringBuilder _text = new();
        private byte[] _bytes;
        private int _length;

        public Identities(ObjectResource resource, int count) => (_resource, _bytes) = (resource, ArrayPool<byte>.Shared.Rent(count * 96));

        public ReadOnlyMemory<byte> this[(int At, int Length) place] => _bytes.AsMemory(place.At, place.Length);

        public (int At, int Length) Add(string? cluster, RawObject o)
        {
            _text.Clear();
            if (cluster is not null)
            {
                Label("cluster", cluster);
            }

            if (_resource.IsNamespaced)
            {
                Label("namespace", o.Namespace);
            }

            Label(_resource.Label, o.Name);
            if (_resource.HasUid)
            {
                Label("uid", o.Uid);
            }

            var (at, most) = (_length, Encoding.UTF8.GetMaxByteCount(_text.Length));
            if (_bytes.Length - _length < most)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + most));
                _bytes.AsSpan(0, _length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_bytes);
                _bytes = larger;
            }

            foreach (var chunk in _text.GetChunks())
            {
                _length += Encoding.UTF8.GetBytes(chunk.Span, _bytes.AsSpan(_length));
            }

            return (at, _length - at);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

        private void Label(string name, string value) =>
            _text.Append(_text.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(MetricFamily.Escape(value)).Append('"');
    }
}
