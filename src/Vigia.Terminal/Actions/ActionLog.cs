using System.Globalization;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Actions;

/// <summary>
/// Everything that was done in this session: when, the command that does the same, each step, and what came of it. Safe
/// on any thread.
/// </summary>
internal sealed class ActionLog(TimeProvider time, Action wake)
{
    private readonly Lock _gate = new();
    private readonly List<ActionRecord> _records = [];

    /// <summary>Notes that something begins.</summary>
    public ActionRecord Begin(string title, IReadOnlyList<string> commands)
    {
        lock (_gate)
        {
            var record = new ActionRecord(_records.Count + 1, title, commands, time, wake);
            _records.Add(record);
            return record;
        }
    }

    public ActionRecord? Find(int number)
    {
        lock (_gate)
        {
            return number >= 1 && number <= _records.Count ? _records[number - 1] : null;
        }
    }

    /// <summary>The list, the latest first; enter shows the steps of one.</summary>
    public TextDocument Write()
    {
        lock (_gate)
        {
            return _records.Count == 0
                ? new([TextLine.Of("nothing was done yet", TextRole.Muted)])
                : new([.. _records.AsEnumerable().Reverse().Select(record => record.Line())], "enter shows the steps");
        }
    }
}

/// <summary>One thing that was done, or is being done.</summary>
internal sealed class ActionRecord(int number, string title, IReadOnlyList<string> commands, TimeProvider time, Action wake)
{
    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset At, string Text, TextRole Role)> _steps = [];
    private readonly DateTimeOffset _begun = time.GetUtcNow();
    private DrainProgress? _drain;
    private TextRole _state = TextRole.Accent;

    public int Number => number;

    /// <summary>Ends it; what has been done stays done.</summary>
    public CancellationTokenSource Stopping { get; } = new();

    public void Tell(string text) => Add(text, TextRole.Plain, null);

    /// <summary>How far a drain is.</summary>
    public void Tell(DrainProgress progress)
    {
        lock (_gate)
        {
            _drain = progress;
        }

        wake();
    }

    public void End(string text, bool isError) => Add(text, isError ? TextRole.Bad : TextRole.Good, isError ? TextRole.Bad : TextRole.Good);

    /// <summary>Its line in the list.</summary>
    public TextLine Line()
    {
        lock (_gate)
        {
            // What was done says itself what it was done to; what runs or failed does not.
            var last = _steps.Count == 0 ? "" : _steps[^1].Text;
            return new(
                [
                    new(_begun.ToLocalTime().ToString("HH:mm:ss ", CultureInfo.InvariantCulture), TextRole.Muted),
                    new(
                        _state switch
                        {
                            TextRole.Good => "✓ ",
                            TextRole.Bad => "✗ ",
                            _ => "… ",
                        },
                        _state
                    ),
                    new(_state == TextRole.Good ? "" : title + "  ", TextRole.Accent),
                    new(last, _state == TextRole.Bad ? TextRole.Bad : TextRole.Plain),
                ],
                string.Create(CultureInfo.InvariantCulture, $"actions {number}")
            );
        }
    }

    /// <summary>Each step, and for a drain what is left.</summary>
    public TextDocument Write()
    {
        lock (_gate)
        {
            List<TextLine> lines = [.. commands.Select(command => TextLine.Of(command, TextRole.Muted)), TextLine.Of("")];
            lines.AddRange(
                _steps.Select(step => new TextLine([
                    new(step.At.ToLocalTime().ToString("HH:mm:ss ", CultureInfo.InvariantCulture), TextRole.Muted),
                    new(step.Text, step.Role),
                ]))
            );
            if (_drain is { } drain && _state == TextRole.Accent)
            {
                lines.Add(TextLine.Of(""));
                lines.AddRange(
                    drain.Left.Select(pod => new TextLine([
                        new("left  ", TextRole.Warning),
                        new(pod.ToString()),
                        new(drain.Waiting.Contains(pod) ? "  waits for its disruption budget" : "  is ending", TextRole.Muted),
                    ]))
                );
            }

            var note = _drain is { } at
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{at.Gone} of {at.Pods} pods gone{(at.Waiting.Count > 0 ? $", {at.Waiting.Count} wait for budgets" : "")}"
                )
                : "";
            return new(
                lines,
                _state == TextRole.Accent ? $"{note}{(note.Length > 0 ? "; " : "")}x stops it".Trim()
                    : note.Length > 0 ? note
                    : null
            );
        }
    }

    private void Add(string text, TextRole role, TextRole? state)
    {
        lock (_gate)
        {
            _steps.Add((time.GetUtcNow(), text, role));
            _state = state ?? _state;
        }

        wake();
    }
}
