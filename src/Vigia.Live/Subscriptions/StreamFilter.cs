using Vigia.Live.Queries;

namespace Vigia.Live.Subscriptions;

/// <summary>
/// The fingerprint in a stream's cursors: of the query, and of the caller's rights where there are any.
/// </summary>
internal sealed class StreamFilter(IReadOnlyList<LiveSubscription> sources)
{
    private string?[] _parts = [];
    private string _current = "";

    /// <summary>The fingerprint now; the same text while no right changes.</summary>
    public string Current
    {
        get
        {
            var same = _parts.Length == sources.Count;
            if (!same)
            {
                _parts = new string?[sources.Count];
            }

            for (var i = 0; i < sources.Count; i++)
            {
                if (!ReferenceEquals(_parts[i], sources[i].View.Fingerprint))
                {
                    _parts[i] = sources[i].View.Fingerprint;
                    same = false;
                }
            }

            if (!same)
            {
                _current = Of(_parts);
            }

            return _current;
        }
    }

    /// <summary>The fingerprint of some views.</summary>
    public static string Of(IEnumerable<FeedView> views) => Of([.. views.Select(view => view.Fingerprint)]);

    // Without rights every part is the query's, however many clusters there are: a cluster that joins or leaves makes
    // no cursor worthless.
    private static string Of(string?[] parts) =>
        parts.Length == 0 ? ""
        : Array.TrueForAll(parts, part => part == parts[0]) ? parts[0]!
        : Fingerprints.Of(string.Join('+', parts));
}
