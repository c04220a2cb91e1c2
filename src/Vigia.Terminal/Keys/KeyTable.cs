namespace Vigia.Terminal.Keys;

/// <summary>
/// All keys, in one place: what they do, what the help page says, what the last line hints at. The letters are k9s'
/// wherever it has one for the same thing.
/// </summary>
internal sealed class KeyTable
{
    private static readonly string[] Scalable = ["Deployment", "StatefulSet", "ReplicaSet"];
    private static readonly string[] Restartable = ["Deployment", "StatefulSet", "DaemonSet"];
    private static readonly string[] WithPods =
    [
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Job",
        "CronJob",
        "Service",
    ];

    private KeyTable(IReadOnlyList<KeyBinding> all) => All = all;

    /// <summary>The keys as they are where nobody has chosen others.</summary>
    public static KeyTable Default { get; } =
        new([
            new(UiAction.Command, [":"], KeyScope.All, "General", "command, as :deploy, :po kube-system, :ctx, :q", Hint: 90),
            new(
                UiAction.Filter,
                ["/"],
                KeyScope.Table,
                "General",
                "filter: regular expression, terms all apply, !not, -l labels, -f fuzzy",
                Hint: 89
            ),
            new(UiAction.Help, ["?", "f1"], KeyScope.All, "General", "this page", Hint: 88),
            new(UiAction.Back, ["esc"], KeyScope.All, "General", "back; clears a filter first"),
            new(UiAction.Back, ["q"], KeyScope.Text | KeyScope.Logs | KeyScope.Pulse, "General", ""),
            new(UiAction.LastView, ["-"], KeyScope.All, "General", "the view before, and forth again"),
            new(UiAction.HistoryBack, ["["], KeyScope.All, "General", "back in the history of views"),
            new(UiAction.HistoryForward, ["]"], KeyScope.All, "General", "forward in the history of views"),
            new(UiAction.Pulse, ["ctrl-o"], KeyScope.All, "General", "pulse: the overview"),
            new(UiAction.Aliases, ["ctrl-a"], KeyScope.All, "General", "every resource and its names"),
            new(UiAction.ToggleHeader, ["ctrl-e"], KeyScope.All, "General", "header on or off"),
            new(UiAction.Redraw, ["ctrl-r"], KeyScope.All, "General", "redraw"),
            new(UiAction.Quit, ["ctrl-c"], KeyScope.All, "General", "quit (as :q)"),
            new(UiAction.Up, ["up", "k", "ctrl-p"], KeyScope.All, "Moving", "up"),
            new(UiAction.Down, ["down", "j", "ctrl-n"], KeyScope.All, "Moving", "down"),
            new(UiAction.PageUp, ["pgup", "ctrl-b"], KeyScope.All, "Moving", "a page up"),
            new(UiAction.PageDown, ["pgdn", "ctrl-f"], KeyScope.All, "Moving", "a page down"),
            new(UiAction.PageDown, ["space"], KeyScope.Text | KeyScope.Logs, "Moving", ""),
            new(UiAction.Top, ["home", "g"], KeyScope.All, "Moving", "to the top"),
            new(UiAction.Bottom, ["end", "G"], KeyScope.All, "Moving", "to the end"),
            new(UiAction.ScrollLeft, ["left", "h"], KeyScope.All, "Moving", "columns to the left"),
            new(UiAction.ScrollRight, ["right"], KeyScope.All, "Moving", "columns to the right"),
            new(
                UiAction.Open,
                ["enter"],
                KeyScope.Table | KeyScope.Pulse,
                "Objects",
                "what is in it: a workload's pods, a pod's logs, a namespace's pods",
                Hint: 80
            ),
            new(UiAction.Open, ["enter"], KeyScope.Text, "Texts", "in trees and lists: go to what the line names"),
            new(UiAction.Describe, ["d"], KeyScope.Table, "Objects", "describe, with events", Hint: 79),
            new(UiAction.Yaml, ["y"], KeyScope.Table, "Objects", "YAML", Hint: 78),
            new(UiAction.Changes, ["v"], KeyScope.Table, "Objects", "changes as they come: what, when, who", Hint: 76),
            new(UiAction.Logs, ["l"], KeyScope.Table, "Objects", "logs", WithPods, Hint: 77),
            new(UiAction.PreviousLogs, ["p"], KeyScope.Table, "Objects", "logs of the previous container", WithPods),
            new(UiAction.Tree, ["t"], KeyScope.Table, "Objects", "tree of what belongs together"),
            new(UiAction.Owner, ["J"], KeyScope.Table, "Objects", "go to the owner"),
            new(
                UiAction.UsedBy,
                ["u"],
                KeyScope.Table,
                "Objects",
                "the pods that use it",
                ["ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount", "Service"]
            ),
            new(UiAction.ShowNode, ["o"], KeyScope.Table, "Objects", "the node it runs on", ["Pod"]),
            new(UiAction.CopyName, ["c"], KeyScope.Table, "Objects", "copy the name"),
            new(UiAction.CopyNamespace, ["n"], KeyScope.Table, "Objects", "copy the namespace"),
            new(
                UiAction.Namespace,
                ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
                KeyScope.Table,
                "Tables",
                "namespace: 0 is all of them"
            ),
            new(UiAction.Wide, ["ctrl-w"], KeyScope.Table, "Tables", "wide columns"),
            new(UiAction.Faults, ["ctrl-z"], KeyScope.Table, "Tables", "unhealthy only", Hint: 60),
            new(UiAction.ClearFilter, ["ctrl-u"], KeyScope.Table, "Tables", "clear the filter"),
            new(UiAction.SortName, ["N"], KeyScope.Table, "Tables", "sort by name; again to turn it round"),
            new(UiAction.SortAge, ["A"], KeyScope.Table, "Tables", "sort by age"),
            new(UiAction.SortStatus, ["S"], KeyScope.Table, "Tables", "sort by status"),
            new(UiAction.SortNamespace, ["P"], KeyScope.Table, "Tables", "sort by namespace"),
            new(UiAction.SortNext, ["shift-right", ">"], KeyScope.Table, "Tables", "sort by the column to the right"),
            new(UiAction.SortPrevious, ["shift-left", "<"], KeyScope.Table, "Tables", "sort by the column to the left"),
            new(UiAction.SortReverse, ["O"], KeyScope.Table, "Tables", "turn the order round"),
            new(UiAction.Mark, ["space"], KeyScope.Table, "Tables", "mark or unmark"),
            new(UiAction.MarkRange, ["ctrl-space"], KeyScope.Table, "Tables", "mark from the last mark to here"),
            new(UiAction.ClearMarks, ["ctrl-\\"], KeyScope.Table, "Tables", "clear the marks"),
            new(UiAction.Save, ["ctrl-s"], KeyScope.All, "Tables", "save what is shown to a file"),
            new(UiAction.Delete, ["ctrl-d"], KeyScope.Table, "Actions", "delete", Writes: true),
            new(UiAction.Kill, ["ctrl-k"], KeyScope.Table, "Actions", "delete at once, without grace", ["Pod"], Writes: true),
            new(UiAction.Scale, ["s"], KeyScope.Table, "Actions", "scale", Scalable, Writes: true),
            new(UiAction.Restart, ["r"], KeyScope.Table, "Actions", "restart", Restartable, Writes: true),
            new(UiAction.Edit, ["e"], KeyScope.Table, "Actions", "edit in $EDITOR, by server-side apply", Writes: true),
            new(UiAction.Shell, ["s"], KeyScope.Table, "Actions", "shell, with a choice of containers", ["Pod"], Writes: true),
            new(UiAction.Attach, ["a"], KeyScope.Table, "Actions", "attach to a container's program", ["Pod"], Writes: true),
            new(
                UiAction.PortForward,
                ["F"],
                KeyScope.Table,
                "Actions",
                "forward a port of this machine to it; :pf lists them",
                ["Pod"],
                Writes: true
            ),
            new(UiAction.Cordon, ["c"], KeyScope.Table, "Actions", "cordon", ["Node"], Writes: true),
            new(UiAction.Uncordon, ["u"], KeyScope.Table, "Actions", "uncordon", ["Node"], Writes: true),
            new(UiAction.Drain, ["r"], KeyScope.Table, "Actions", "drain", ["Node"], Writes: true),
            new(UiAction.Search, ["/"], KeyScope.Text, "Texts", "search", Hint: 89),
            new(UiAction.NextMatch, ["n"], KeyScope.Text, "Texts", "next match", Hint: 70),
            new(UiAction.PreviousMatch, ["N"], KeyScope.Text, "Texts", "match before"),
            new(UiAction.Wrap, ["w"], KeyScope.Text | KeyScope.Logs, "Texts", "wrap lines", Hint: 69),
            new(UiAction.ToggleManagedFields, ["m"], KeyScope.Text, "Texts", "managedFields on or off"),
            new(UiAction.Copy, ["c"], KeyScope.Text | KeyScope.Logs, "Texts", "copy the text"),
            new(UiAction.StopAction, ["x"], KeyScope.Text, "Texts", "stop what runs, as a drain"),
            new(UiAction.Search, ["/"], KeyScope.Logs, "Logs", "filter: terms all apply, !not, regular expressions", Hint: 89),
            new(UiAction.ToggleFollow, ["s"], KeyScope.Logs, "Logs", "follow or stand still", Hint: 80),
            new(UiAction.Timestamps, ["t"], KeyScope.Logs, "Logs", "timestamps", Hint: 79),
            new(UiAction.Container, ["tab"], KeyScope.Logs, "Logs", "next container", Hint: 78),
            new(UiAction.AllContainers, ["a"], KeyScope.Logs, "Logs", "all containers"),
            new(UiAction.PreviousLogs, ["p"], KeyScope.Logs, "Logs", "previous or current logs", Hint: 77),
            new(UiAction.ClearText, ["C"], KeyScope.Logs, "Logs", "clear"),
            new(UiAction.SinceTail, ["0"], KeyScope.Logs, "Logs", "the last lines"),
            new(UiAction.SinceHead, ["1"], KeyScope.Logs, "Logs", "from the beginning"),
            new(UiAction.Since1, ["2"], KeyScope.Logs, "Logs", "the last minute"),
            new(UiAction.Since5, ["3"], KeyScope.Logs, "Logs", "the last 5 minutes"),
            new(UiAction.Since15, ["4"], KeyScope.Logs, "Logs", "the last 15 minutes"),
            new(UiAction.Since30, ["5"], KeyScope.Logs, "Logs", "the last 30 minutes"),
            new(UiAction.Since60, ["6"], KeyScope.Logs, "Logs", "the last hour"),
        ]);

    /// <summary>Every key.</summary>
    public IReadOnlyList<KeyBinding> All { get; }

    /// <summary>
    /// The table with keys of somebody's own: what one was bound to before, where it applies now, it is no more.
    /// </summary>
    /// <param name="own">
    /// Keys, and what each shall do: an action by its name, a command with its colon, or <c>none</c>.
    /// </param>
    /// <exception cref="ArgumentException">There is no such action: the message lists them.</exception>
    public KeyTable With(IReadOnlyDictionary<string, string> own)
    {
        var all = All.ToList();
        foreach (var (key, what) in own)
        {
            KeyBinding[] targets =
                what.StartsWith(':') ? [new(UiAction.RunCommand, [], KeyScope.All, "Yours", what)]
                : what == "none" ? []
                : [.. all.Where(binding => NameOf(binding.Action) == what)];
            if (targets.Length == 0 && what != "none")
            {
                throw new ArgumentException(
                    $"'{what}' is no action; there are "
                        + $"{string.Join(", ", All.Select(binding => NameOf(binding.Action)).Distinct().Order(StringComparer.Ordinal))}, "
                        + $"commands (as ':po kube-system'), and none",
                    nameof(own)
                );
            }

            all =
            [
                .. all.Select(binding =>
                    targets.Contains(binding) ? binding
                    : targets.Length > 0
                    && !targets.Any(target =>
                        (target.Scope & binding.Scope) != 0
                        && (target.Kinds is null || binding.Kinds is null || target.Kinds.Intersect(binding.Kinds).Any())
                    )
                        ? binding
                    : binding with { Keys = [.. binding.Keys.Where(other => other != key)] }
                ),
            ];
            foreach (var target in targets)
            {
                var at = all.IndexOf(target);
                var bound = target with { Keys = [key, .. target.Keys.Where(other => other != key)] };
                if (at < 0)
                {
                    all.Add(bound);
                }
                else
                {
                    all[at] = bound;
                }
            }
        }

        return new([.. all.Where(binding => binding.Keys.Length > 0)]);
    }

    /// <summary>An action as it is written in a configuration: <c>previous-logs</c>.</summary>
    public static string NameOf(UiAction action) =>
        string.Concat(
            action
                .ToString()
                .Select(
                    (c, i) =>
                        char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) && !char.IsAsciiDigit(action.ToString()[i - 1])
                            ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c)
                            : c.ToString()
                )
        );

    /// <summary>
    /// What a key does there; null for nothing. One that is for a kind wins over one that is for all.
    /// </summary>
    public KeyBinding? Find(string key, KeyScope scope, string? kind)
    {
        KeyBinding? found = null;
        foreach (var binding in All)
        {
            if (
                (binding.Scope & scope) != 0
                && Array.IndexOf(binding.Keys, key) >= 0
                && binding.AppliesTo(kind)
                && (found is null || binding.Kinds is not null)
            )
            {
                found = binding;
            }
        }

        return found;
    }
}
