using Vigia.Gateway.Queries;

namespace Vigia.Gateway.Streams;

/// <summary>The fingerprint in a stream's cursors: of the query, and of the caller's rights where there are any.</summary>
internal sealed class StreamFilter(IReadOnlyList<FeedView> views)
{
    private readonly string?[] _parts = new string?[views.Count];
    private string _current = "";

    /// <summary>The fingerprint now; the same text while no right changes.</summary>
    public string Current
    {
        get
        {
            var same = true;
            for (var i = 0; i < views.Count; i++)
            {
                if (!ReferenceEquals(_parts[i], views[i].Fingerprint))
                {
                    _parts[i] = views[i].Fingerprint;
                    same = false;
                }
            }

            if (!same)
            {
                _current = Array.TrueForAll(_parts, part => part == _parts[0]) ? _parts[0]! : Fingerprints.Of(string.Join('+', _parts));
            }

            return _current;
        }
    }
}
