using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Subscriptions;

/// <summary>A client's place in one resource of one cluster.</summary>
/// <param name="Revision">
/// Everything up to this revision was sent; none while the first snapshot is not complete.
/// </param>
/// <param name="Origin">
/// The informer that <paramref name="Position"/> belongs to (a random name per process and informer); empty if there
/// is none.
/// </param>
/// <param name="Epoch">The log's epoch.</param>
/// <param name="Position">
/// The exact position in that informer's log: at the same process a client resumes there, whatever revisions say.
/// </param>
/// <param name="Change">
/// The last change of the resource up to there: it identifies the cursor's history, in case etcd is restored. None if
/// unknown.
/// </param>
public sealed record SourceCursor(ResourceVersion Revision, string Origin, int Epoch, long Position, ChangeMark Change = default);

/// <summary>
/// The <c>id</c> of every event: the position from which any replica can continue the stream. It is made of
/// resourceVersions; nothing is stored for it.
/// </summary>
/// <remarks>
/// Text form: <c>v1;FILTER;CLUSTER/RESOURCE=REVISION~ORIGIN.EPOCH.POSITION.CHANGE;…</c>, names percent-encoded. Another
/// replica resumes from the revision and the change: four characters for the uid of the object that changed last,
/// followed by the change's revision if that is not REVISION. ORIGIN, EPOCH and POSITION make resuming exact at the
/// same replica. FILTER is a fingerprint: a cursor of another filter is not valid for this one.
/// </remarks>
public sealed class StreamCursor
{
    private const string Version = "v1";

    /// <summary>
    /// The longest text form: a cursor has a few dozen characters per resource; a longer text is not a cursor.
    /// </summary>
    internal const int LongestText = 16 * 1024;

    private const int LongestOrigin = 32;
    private const int DigestLength = 4;

    private readonly Dictionary<string, SourceCursor> _sources;

    /// <summary>Creates a cursor.</summary>
    /// <param name="filter">The filter's fingerprint.</param>
    /// <param name="sources">By <c>cluster/resource</c>.</param>
    public StreamCursor(string filter, IEnumerable<KeyValuePair<string, SourceCursor>> sources)
    {
        Filter = filter;
        _sources = new(sources, StringComparer.Ordinal);
    }

    /// <summary>The fingerprint of the filter it was made with.</summary>
    public string Filter { get; }

    /// <summary>The sources it has a place in, as <c>cluster/resource</c>.</summary>
    public IReadOnlyCollection<string> Sources => _sources.Keys;

    /// <summary>The place in a source, or null.</summary>
    public SourceCursor? Find(string source) => _sources.GetValueOrDefault(source);

    /// <summary>Writes the text form.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Version).Append(';').Append(Filter);
        foreach (var (name, source) in _sources)
        {
            Append(text, name, source);
        }

        return text.ToString();
    }

    /// <summary>Parses the text form, or returns the error.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StreamCursor? cursor, [NotNullWhen(false)] out string? error)
    {
        cursor = null;
        if (string.IsNullOrEmpty(text) || text.Length > LongestText)
        {
            error = string.IsNullOrEmpty(text) ? "the cursor is empty" : $"the cursor is longer than {LongestText} characters";
            return false;
        }

        var parts = text.Split(';');
        if (parts[0] != Version || parts.Length < 2)
        {
            error = $"'{Shorten(text)}' is not a cursor of this gateway: send an id exactly as received, or none";
            return false;
        }

        var sources = new Dictionary<string, SourceCursor>(StringComparer.Ordinal);
        foreach (var part in parts.AsSpan(2))
        {
            if (!TryParseSource(part, sources))
            {
                error = $"'{Shorten(part)}' is not a part of a cursor: expected CLUSTER/RESOURCE=REVISION~ORIGIN.EPOCH.POSITION.CHANGE";
                return false;
            }
        }

        cursor = new StreamCursor(parts[1], sources);
        error = null;
        return true;
    }

    /// <summary>Begins the text form.</summary>
    internal static void Begin(StringBuilder text, string filter) => text.Append(Version).Append(';').Append(filter);

    /// <summary>Appends one source's part.</summary>
    internal static void Append(StringBuilder text, string name, SourceCursor source)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        text.Append(';')
            .Append(Uri.EscapeDataString(name[..slash]))
            .Append('/')
            .Append(Uri.EscapeDataString(name[(slash + 1)..]))
            .Append('=')
            .Append(Uri.EscapeDataString(source.Revision.ToString()))
            .Append('~')
            .Append(source.Origin)
            .Append('.')
            .Append(source.Epoch)
            .Append('.')
            .Append(source.Position);
        if (source.Change is { IsNone: false } change)
        {
            text.Append('.').Append(change.DigestText());
            if (change.Revision != source.Revision.Number)
            {
                text.Append(change.Revision);
            }
        }
    }

    private static bool TryParseSource(string part, Dictionary<string, SourceCursor> sources)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        var tilde = part.IndexOf('~', StringComparison.Ordinal);
        var slash = part.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || equals < slash + 2 || tilde < equals)
        {
            return false;
        }

        var local = part[(tilde + 1)..].Split('.');
        if (
            local.Length is not (3 or 4)
            || local[0].Length > LongestOrigin
            || !local[0].All(char.IsAsciiLetterOrDigit)
            || !int.TryParse(local[1], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            || !long.TryParse(local[2], NumberStyles.None, CultureInfo.InvariantCulture, out var position)
        )
        {
            return false;
        }

        var name = $"{Uri.UnescapeDataString(part[..slash])}/{Uri.UnescapeDataString(part[(slash + 1)..equals])}";
        var revision = ResourceVersion.Parse(Uri.UnescapeDataString(part[(equals + 1)..tilde]));
        var change = ChangeMark.None;
        return (local.Length == 3 || TryParseChange(local[3], revision, out change))
            && sources.TryAdd(name, new SourceCursor(revision, local[0], epoch, position, change));
    }

    private static bool TryParseChange(string text, ResourceVersion revision, out ChangeMark change)
    {
        change = ChangeMark.None;
        var number = revision.Number;
        if (
            text.Length < DigestLength
            || !ChangeMark.TryParseDigest(text.AsSpan(0, DigestLength), out var digest)
            || (
                text.Length > DigestLength
                && !ulong.TryParse(text.AsSpan(DigestLength), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            )
            || number == 0
        )
        {
            return false;
        }

        change = new(number, digest);
        return true;
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
