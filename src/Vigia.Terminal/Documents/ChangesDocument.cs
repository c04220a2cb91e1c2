using System.Globalization;
using System.Text;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Differences;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>
/// The changes of an object as they come: when, who, and what of it. It begins when it is first looked at.
/// </summary>
internal sealed class ChangesDocument : IDocumentSource
{
    private const int MostLines = 5000;
    private const int MostOfOneChange = 200;
    private const int LongestSide = 200;

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private readonly Action _wake;
    private readonly TimeProvider _time;
    private readonly List<TextLine> _lines = [];
    private volatile TextDocument _document = TextDocument.Loading;

    public ChangesDocument(ClusterLink link, ResourceEntry entry, ObjectKey key, Action wake, TimeProvider time)
    {
        (_wake, _time) = (wake, time);
        _loop = Task.Run(() => RunAsync(link, entry, key, _stopping.Token), CancellationToken.None);
    }

    public TextDocument Document => _document;

    public void Show(TextState state) { }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(ClusterLink link, ResourceEntry entry, ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var feed = await link.OpenAsync(entry, cancellationToken);
                var informer = feed.Informer!;
                var cursor = informer.Log.Open();
                Begin(informer.Store.Get(key));
                var deltas = new List<Delta>();
                while (feed.Retired is null)
                {
                    var (change, retired) = (cursor.NextChange, feed.NextChange);
                    if (cursor.Read(deltas) == CursorReading.Reset)
                    {
                        Add([
                            new(Clock(_time.GetUtcNow()), TextRole.Muted),
                            new("the server was restored to an older state; everything below is read again", TextRole.Warning),
                        ]);
                        break;
                    }

                    foreach (var delta in deltas.Where(delta => delta.Object.Key == key))
                    {
                        Write(delta);
                    }

                    Publish(informer.Freshness.IsLive);
                    if (deltas.Count == 0)
                    {
                        await Task.WhenAny(change, retired).WaitAsync(cancellationToken);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    /// <summary>What is known of before: who made the last change, and when.</summary>
    private void Begin(RawObject? obj)
    {
        if (obj is null)
        {
            Add([new(Clock(_time.GetUtcNow()), TextRole.Muted), new("it does not exist (yet)", TextRole.Warning)]);
            return;
        }

        Add([new($"{Clock(obj.CreationTimestamp ?? default)}", TextRole.Muted), new("created", TextRole.Added)]);
        if (obj.LastChange is { } last)
        {
            Add([
                new($"{Clock(last.Time ?? default)}", TextRole.Muted),
                new(
                    $"last changed by {last.Manager}{(last.Subresource is { } part ? $" ({part})" : "")} at revision {obj.ResourceVersion}",
                    TextRole.Muted
                ),
            ]);
        }

        Add([new(Clock(_time.GetUtcNow()), TextRole.Muted), new("watching from here on", TextRole.Accent)]);
    }

    private void Write(Delta delta)
    {
        var who = delta.Object.LastChange is { } by ? $" by {by.Manager}{(by.Subresource is { } part ? $" ({part})" : "")}" : "";
        var (word, role) = delta.Kind switch
        {
            DeltaKind.Added => ("created", TextRole.Added),
            DeltaKind.Deleted => ("deleted", TextRole.Removed),
            _ => ("changed", TextRole.Accent),
        };
        Add([
            new(Clock(delta.ReceivedAt), TextRole.Muted),
            new(word, role),
            new(delta.Kind == DeltaKind.Deleted ? "" : who),
            new($"  revision {delta.Object.ResourceVersion}{(delta.IsFolded ? ", steps in between folded" : "")}", TextRole.Muted),
        ]);
        if (delta is not { Kind: DeltaKind.Updated, Old: { } old, New: { } next })
        {
            return;
        }

        ObjectDiff.Between(
            old,
            next,
            (path, from, to) =>
                Add([
                    new("           " + path + "  ", TextRole.Key),
                    new(Side(from), TextRole.Removed),
                    new(" → ", TextRole.Muted),
                    new(Side(to), TextRole.Added),
                ]),
            MostOfOneChange
        );
    }

    /// <summary>A side as people read it: texts without quotes, long ones cut.</summary>
    private static string Side(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return "nothing";
        }

        var reader = new Utf8JsonReader(json);
        reader.Read();
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(json);
        return text.Length <= LongestSide ? text : text[..LongestSide] + "…";
    }

    private void Add(IReadOnlyList<TextSpan> spans)
    {
        _lines.Add(new(spans));
        if (_lines.Count > MostLines)
        {
            _lines.RemoveRange(0, MostLines / 10);
        }
    }

    private void Publish(bool isLive)
    {
        if (_document.Lines.Count != _lines.Count || _document.IsStale == isLive)
        {
            _document = new([.. _lines], null, !isLive);
            _wake();
        }
    }

    private string Clock(DateTimeOffset time) => Clock(time, _time.GetUtcNow(), _time.LocalTimeZone);

    /// <summary>The time of day; with the date where it was another day.</summary>
    internal static string Clock(DateTimeOffset time, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (time == default)
        {
            return "           ";
        }

        var local = TimeZoneInfo.ConvertTime(time, zone);
        return local.ToString(
            local.Date == TimeZoneInfo.ConvertTime(now, zone).Date ? "HH:mm:ss   " : "yyyy-MM-dd HH:mm:ss   ",
            CultureInfo.InvariantCulture
        );
    }
}
