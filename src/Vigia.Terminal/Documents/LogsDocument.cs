using System.Globalization;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Catalog.Describing;
using Vigia.Catalog.Paths;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>
/// The logs of a pod's containers, or of all pods of a workload, followed: pods that come later are taken in.
/// </summary>
internal sealed class LogsDocument : IDocumentSource
{
    private const int MostLines = 10_000;
    private const int MostStreams = 40;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan LookForPods = TimeSpan.FromSeconds(1);
    private static readonly TextRole[] SourceRoles = [TextRole.Key, TextRole.Text, TextRole.Number, TextRole.Warning, TextRole.Accent];

    private readonly ClusterLink _link;
    private readonly ResourceEntry _entry;
    private readonly ObjectKey _key;
    private readonly Action _wake;
    private readonly TimeProvider _time;
    private readonly LogClient _client;
    private readonly Lock _gate = new();
    private readonly List<Line> _lines = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _publisher;
    private CancellationTokenSource _run = new();
    private Task _running = Task.CompletedTask;
    private TextState? _shown;
    private LogSource[] _sources = [];
    private int _prefix;
    private string _note = "loading…";
    private bool _due;
    private int _pods;
    private volatile TextDocument _document = TextDocument.Loading;

    public LogsDocument(ClusterLink link, ResourceEntry entry, ObjectKey key, Action wake, TimeProvider time)
    {
        (_link, _entry, _key, _wake, _time) = (link, entry, key, wake, time);
        _client = new LogClient(link.Client, time);
        _publisher = time.CreateTimer(_ => Publish(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TextDocument Document => _document;

    public void Show(TextState state)
    {
        lock (_gate)
        {
            var before = _shown;
            _shown = state;
            if (before is null || before.Logs.Generation != state.Logs.Generation)
            {
                RestartLocked(state.Logs);
            }
            else if (before.Logs.Cleared != state.Logs.Cleared)
            {
                _lines.Clear();
                DueLocked();
            }
            else if (before.Search != state.Search || before.Logs.Timestamps != state.Logs.Timestamps)
            {
                DueLocked();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run.CancelAsync();
        await _running;
        await _publisher.DisposeAsync();
        _run.Dispose();
        _stopping.Dispose();
    }

    /// <summary>
    /// The container that is meant: a tab behind a name goes on to the next one; all of them stand before the first.
    /// </summary>
    internal static string? Choose(string? wanted, IReadOnlyList<string> names)
    {
        if (wanted is null)
        {
            return null;
        }

        var name = wanted.TrimEnd('\t');
        var at = names.TakeWhile(other => other != name).Count();
        var index = ((at == names.Count ? 0 : at + 1) + wanted.Length - name.Length) % (names.Count + 1);
        return index == 0 ? null : names[index - 1];
    }

    private void RestartLocked(LogSettings settings)
    {
        _run.Cancel();
        var (before, run) = (_running, new CancellationTokenSource());
        _run = run;
        _lines.Clear();
        _pods = 0;
        _running = Task.Run(async () =>
        {
            await before;
            await RunAsync(settings, run.Token);
        });
        DueLocked();
    }

    private async Task RunAsync(LogSettings settings, CancellationToken cancellationToken)
    {
        var streams = new Dictionary<(string Uid, string Container), Task>();
        try
        {
            var pods = _link.Find("pods") ?? throw new InvalidOperationException("pods are not loaded");
            await _link.OpenAsync(pods.Entry, cancellationToken);
            var informer = (await _link.OpenAsync(_entry, cancellationToken)).Informer!;
            await informer.WhenSynced.WaitAsync(cancellationToken);
            var single = _entry.KnownKind == "Pod";
            while (true)
            {
                // Their feeds may be replaced meanwhile.
                informer = _link.Find(_entry.Name)?.Informer ?? informer;
                pods = _link.Find("pods") is { Informer: not null } now ? now : pods;
                var found = Pods(pods.Informer!.Store, informer.Store.Get(_key));
                lock (_gate)
                {
                    _pods = found.Count;
                }

                foreach (var pod in found)
                {
                    using var json = ObjectJson.Parse(pod);
                    var names = Containers(json.RootElement);
                    var wanted = Choose(settings.Container, names);
                    Note(settings, wanted, names.Length);
                    foreach (var name in names.Where(name => wanted is null || name == wanted))
                    {
                        if (streams.Count < MostStreams && !streams.ContainsKey((pod.Uid, name)))
                        {
                            // One pod needs no name, and one container none either.
                            var source = new LogSource(single ? "" : pod.Name, names.Length == 1 || wanted is not null ? "" : name);
                            streams[(pod.Uid, name)] = FollowAsync(pod.Key, name, source, settings, cancellationToken);
                        }
                    }
                }

                if (single && found.Count == 0)
                {
                    Add(new("", ""), new(LogEntryKind.Ended, _key, "", _time.GetUtcNow(), "the pod is gone"u8.ToArray()));
                    return;
                }

                await Task.Delay(LookForPods, _time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Restarted, or the view was closed.
        }
        finally
        {
            await Task.WhenAll(streams.Values);
        }
    }

    private void Note(LogSettings settings, string? container, int count)
    {
        lock (_gate)
        {
            var since =
                settings.Since is { } span ? $"last {HumanDuration.Format(span)}"
                : settings.Tail is { } tail ? $"last {tail} lines"
                : "from the beginning";
            var pods =
                _entry.KnownKind == "Pod" ? ""
                : _pods == 1 ? "1 pod"
                : string.Create(CultureInfo.InvariantCulture, $"{_pods} pods");
            _note = string.Join(
                ", ",
                new[]
                {
                    container is null ? "" : $"container {container}",
                    settings.Previous ? "previous" : "",
                    since,
                    pods,
                    container is null && count > 1 ? $"{count} containers" : "",
                }.Where(part => part.Length > 0)
            );
        }
    }

    /// <summary>A Service's selector is a map of labels, where a workload's has <c>matchLabels</c>.</summary>
    private static LabelSelector? ServiceSelector(JsonElement labels)
    {
        using var selector = JsonDocument.Parse(
            $$"""{"matchLabels":{{(labels.ValueKind == JsonValueKind.Object ? labels.GetRawText() : "{}")}}}"""
        );
        return SelectorText.Parse(selector.RootElement);
    }

    private IReadOnlyList<RawObject> Pods(Store pods, RawObject? obj)
    {
        if (obj is null)
        {
            return [];
        }

        if (_entry.KnownKind == "Pod")
        {
            return [obj];
        }

        using var json = ObjectJson.Parse(obj);
        var selector =
            _entry.KnownKind == "Service"
                ? ServiceSelector(json.RootElement.At("spec", "selector"))
                : SelectorText.Parse(json.RootElement.At("spec", "selector"));
        if (selector is not null)
        {
            return [.. pods.List(obj.Namespace).Where(pod => selector.Matches(pod.Labels))];
        }

        // A CronJob's: those of its jobs.
        var jobs =
            _link
                .Find("jobs")
                ?.Informer?.Store.List(obj.Namespace)
                .Where(job => job.Owners.Any(owner => owner.Uid == obj.Uid))
                .Select(job => job.Uid)
                .ToHashSet(StringComparer.Ordinal)
            ?? [];
        return [.. pods.List(obj.Namespace).Where(pod => pod.Owners.Any(owner => jobs.Contains(owner.Uid)))];
    }

    private static string[] Containers(JsonElement pod) =>
        [
            .. pod.At("spec", "containers")
                .Items()
                .Concat(pod.At("spec", "initContainers").Items())
                .Select(container => container.Text("name") ?? ""),
        ];

    private async Task FollowAsync(
        ObjectKey pod,
        string container,
        LogSource source,
        LogSettings settings,
        CancellationToken cancellationToken
    )
    {
        var options = new LogOptions
        {
            Container = container,
            Follow = !settings.Previous,
            Previous = settings.Previous,
            TailLines = settings.Tail,
            Since = settings.Since is { } span ? _time.GetUtcNow() - span : null,
        };
        try
        {
            await foreach (var entry in _client.ReadAsync(pod, options, cancellationToken))
            {
                Add(source, entry);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Restarted, or the view was closed.
        }
        catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException or CredentialException)
        {
            Add(
                source,
                new(
                    LogEntryKind.Ended,
                    pod,
                    container,
                    _time.GetUtcNow(),
                    System.Text.Encoding.UTF8.GetBytes($"{container}: {refused.Message}")
                )
            );
        }
    }

    private void Add(LogSource source, LogEntry entry)
    {
        lock (_gate)
        {
            _lines.Add(new(source, entry));
            if (_lines.Count > MostLines)
            {
                _lines.RemoveRange(0, MostLines / 10);
            }

            DueLocked();
        }
    }

    /// <summary>
    /// A log may write thousands of lines a second: the text is rebuilt a few times a second at most.
    /// </summary>
    private void DueLocked()
    {
        if (!_due && !_stopping.IsCancellationRequested)
        {
            _due = true;
            _publisher.Change(Shortest, Timeout.InfiniteTimeSpan);
        }
    }

    private void Publish()
    {
        lock (_gate)
        {
            _due = false;
            var sorted = true;
            for (var i = 1; i < _lines.Count && sorted; i++)
            {
                sorted = _lines[i - 1].Entry.Timestamp <= _lines[i].Entry.Timestamp;
            }

            if (!sorted)
            {
                // Lines of several containers: by time. Stable, so that those of one keep their order.
                var ordered = _lines.OrderBy(line => line.Entry.Timestamp).ToArray();
                _lines.Clear();
                _lines.AddRange(ordered);
            }

            _sources = [.. _lines.Select(line => line.Source).Distinct()];
            _prefix = LogSource.CommonPrefix(_sources);
            var settings = _shown?.Logs ?? new LogSettings();
            var filter = LogFilter.Of(_shown?.Search ?? "");
            var lines = _lines.Where(line => filter(line.Text)).Select(line => Write(line, settings.Timestamps)).ToArray();
            _document = new(
                lines,
                _note
                    + (
                        lines.Length == 0 && _lines.Count > 0
                            ? string.Create(CultureInfo.InvariantCulture, $": none of {_lines.Count} lines match")
                            : ""
                    )
            );
        }

        _wake();
    }

    private TextLine Write(Line line, bool withTime)
    {
        var spans = new List<TextSpan>(3);
        if (withTime)
        {
            spans.Add(new(line.Entry.Timestamp.ToLocalTime().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture), TextRole.Muted));
        }

        if (line.Source.Show(_prefix) is { Length: > 0 } source)
        {
            spans.Add(new(source + " ", SourceRoles[Math.Max(Array.IndexOf(_sources, line.Source), 0) % SourceRoles.Length]));
        }

        spans.Add(
            line.Entry.Kind switch
            {
                LogEntryKind.Line => new(line.Text, Severity(line.Text)),
                LogEntryKind.Interrupted or LogEntryKind.Gap => new($"── {line.Text} ──", TextRole.Bad),
                _ => new($"── {line.Text} ──", TextRole.Warning),
            }
        );
        return new(spans);
    }

    /// <summary>Errors and warnings stand out, by the words that loggers use near the beginning of a line.</summary>
    private static TextRole Severity(string text)
    {
        var start = text.AsSpan(0, Math.Min(text.Length, 80));
        return start.Contains("ERROR", StringComparison.OrdinalIgnoreCase)
            || start.Contains("FATAL", StringComparison.OrdinalIgnoreCase)
            || start.Contains("panic", StringComparison.Ordinal)
                ? TextRole.Bad
            : start.Contains("WARN", StringComparison.OrdinalIgnoreCase) ? TextRole.Warning
            : TextRole.Plain;
    }

    private sealed class Line(LogSource source, LogEntry entry)
    {
        private string? _text;

        public LogSource Source => source;

        public LogEntry Entry => entry;

        // Terminals' own sequences in logs are dropped: colours of a log must not repaint the screen.
        public string Text => _text ??= LogFilter.Plain(entry.Text);
    }
}
