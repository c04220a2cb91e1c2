namespace Vigia.Faults.Checking;

/// <summary>What came of comparing one client's history with the truth.</summary>
/// <param name="Violations">
/// Every step that was missed in silence, out of order, invented, or left wrong at the end.
/// </param>
/// <param name="Changes">Changes received.</param>
/// <param name="Folded">Changes that said that steps before them were left out.</param>
/// <param name="Repeated">
/// Changes that the client had had already: allowed after it came back with nothing but a revision.
/// </param>
/// <param name="Resets">Resets by reason.</param>
internal sealed record HistoryVerdict(
    IReadOnlyList<string> Violations,
    int Changes,
    int Folded,
    int Repeated,
    IReadOnlyDictionary<string, int> Resets
);

/// <summary>
/// Compares what one client was told with what happened. Between two resets each object's steps must be the server's
/// steps, in order and without a hole, unless the event itself says <c>folded</c>; an object that came and went within
/// a hole must lie in one that was announced (since the object's last event the stream was <c>degraded</c>, or an event
/// <c>folded</c>). At the end the client must hold what the server holds.
/// </summary>
internal static class HistoryCheck
{
    public static HistoryVerdict Check(IReadOnlyList<ClientEvent> events, IReadOnlyList<IReadOnlyList<TruthStep>> epochs)
    {
        var histories = epochs.Select(epoch => new History(epoch)).ToArray();
        var resets = events
            .Where(e => e.Kind == "reset")
            .GroupBy(e => e.Reason ?? "")
            .ToDictionary(group => group.Key, group => group.Count());
        var violations = new List<string>();

        // 1. Each story between two resets belongs to one history as a whole: to the earliest that explains it, not
        // before that of the story before.
        var from = 0;
        var (folded, repeated) = (0, 0);
        var stretches = Stretches(events).ToArray();
        for (var i = 0; i < stretches.Length; i++)
        {
            Story? best = null;
            for (var epoch = from; epoch < histories.Length; epoch++)
            {
                var isLast = i == stretches.Length - 1;
                var story = Follow(stretches[i], histories[epoch], mustEndEqual: isLast && epoch == histories.Length - 1);
                if (isLast && epoch < histories.Length - 1)
                {
                    story.Violations.Add($"the client ends in the history before restore {epoch + 1}");
                }

                if (best is null || story.Violations.Count < best.Violations.Count)
                {
                    (best, from) = (story, epoch);
                }

                if (best.Violations.Count == 0)
                {
                    break;
                }
            }

            violations.AddRange(best!.Violations);
            (folded, repeated) = (folded + best.Folded, repeated + best.Repeated);
        }

        return new HistoryVerdict(violations, events.Count(e => e.IsChange), folded, repeated, resets);
    }

    private static IEnumerable<IReadOnlyList<ClientEvent>> Stretches(IReadOnlyList<ClientEvent> events)
    {
        var story = new List<ClientEvent>();
        foreach (var e in events)
        {
            if (e.Kind == "reset" && story.Count > 0)
            {
                yield return story;
                story = [];
            }

            story.Add(e);
        }

        yield return story;
    }

    private static Story Follow(IReadOnlyList<ClientEvent> events, History truth, bool mustEndEqual)
    {
        var story = new Story(truth);
        foreach (var e in events)
        {
            story.Take(e);
        }

        if (mustEndEqual)
        {
            story.End();
        }

        return story;
    }

    /// <summary>One history, object by object.</summary>
    private sealed class History(IReadOnlyList<TruthStep> steps)
    {
        private readonly Dictionary<string, TruthStep[]> _objects = steps
            .GroupBy(step => step.Name)
            .ToDictionary(group => group.Key, group => group.ToArray());

        public IEnumerable<string> Names => _objects.Keys;

        public TruthStep[] Of(string name) => _objects.GetValueOrDefault(name) ?? [];
    }

    /// <summary>
    /// What a client knows of an object: the last step it was told, whether its rights hide it, and when it was told.
    /// </summary>
    private readonly record struct Known(int Index, bool IsHidden, int Order);

    private sealed class Story(History truth)
    {
        // By object: the index of the last step that the client knows of, and its event's place.
        private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);
        private bool _synced;
        private bool _isDegraded;
        private int _order;
        private int _announced = -1;
        private int _hidden = -1;
        private int _connection;

        public List<string> Violations { get; } = [];

        public int Folded { get; private set; }

        public int Repeated { get; private set; }

        public void Take(ClientEvent e)
        {
            _order++;
            _connection = e.Connection;

            // From degraded to live the client knows that it may miss something.
            _isDegraded = e.Kind == "degraded" || (_isDegraded && e.Kind != "live");
            if (_isDegraded || e.Kind == "live")
            {
                _announced = _order;
            }

            switch (e.Kind)
            {
                case "synced":
                    Synced(e);
                    break;
                case "added" or "updated" or "deleted":
                    Change(e);
                    break;
            }
        }

        public void End()
        {
            foreach (var name in truth.Names)
            {
                var steps = truth.Of(name);
                var known = _known.GetValueOrDefault(name, new Known(-1, false, 0));
                var (has, should) = (known.Index >= 0 ? steps[known.Index] : default, steps[^1]);
                if (known.IsHidden ? should.Sequence is not null : has.Sequence != should.Sequence)
                {
                    Violations.Add(
                        $"at the end {name} is {Told(should)} on the server and {(known.IsHidden ? "hidden" : Told(has))} for the client"
                    );
                }
                else if (!known.IsHidden && known.Index != steps.Length - 1)
                {
                    Came(name, steps, known.Index, steps.Length, known.Order);
                }
            }
        }

        /// <summary>Everything up to the cursor's revision was sent.</summary>
        private void Synced(ClientEvent e)
        {
            _synced = true;
            foreach (var name in truth.Names)
            {
                var steps = truth.Of(name);
                var upTo = LastUpTo(steps, e.Resume);
                if (!_known.TryGetValue(name, out var known))
                {
                    if (upTo >= 0 && steps[upTo].Sequence is not null)
                    {
                        Violations.Add($"{name} was there at {e.Resume} and the snapshot lacks it: {e}");
                    }

                    _known[name] = new Known(upTo, false, _order);
                }
                else if (known.Index < upTo)
                {
                    Violations.Add($"the snapshot has {name} at {Told(steps[known.Index])}, and its cursor says {e.Resume}: {e}");
                }
            }
        }

        private void Change(ClientEvent e)
        {
            Folded += e.IsFolded ? 1 : 0;
            var steps = truth.Of(e.Name);
            var known = _known.GetValueOrDefault(e.Name, new Known(-1, false, 0));
            if (e.Kind == "deleted" && e.Reason == "access")
            {
                // Rights went: of what else happens where it was nothing is told until they are back.
                _known[e.Name] = new Known(known.Index, true, _order);
                (_hidden, _announced) = (_order, _order);
                return;
            }

            // 1. Which step is it? A deletion may be told with the last state's revision or with its own.
            var index = e.Kind == "deleted" ? Deletion(steps, known.Index, e) : Find(steps, e);
            if (index < 0)
            {
                Violations.Add($"the server never had this: {e}");
                return;
            }

            if (e.IsFolded)
            {
                _announced = _order;
            }

            // 2. Is it the next?
            if (!_synced && !_known.ContainsKey(e.Name))
            {
                _known[e.Name] = new Known(index, false, _order);
                return;
            }

            if (index == known.Index)
            {
                Repeated++;
            }
            else if (index < known.Index)
            {
                Violations.Add($"out of order, the client had {Told(steps[known.Index])} before: {e}");
                return;
            }
            else if (index > known.Index + 1 && !e.IsFolded && known.Order > _hidden)
            {
                Came(e.Name, steps, known.Index, index, known.Order, e);
            }

            _known[e.Name] = new Known(index, false, _order);
        }

        /// <summary>
        /// Steps after <paramref name="last"/> and before <paramref name="next"/> were not told. Whole lives (from not
        /// being there to not being there) may lie in an announced hole; others may not.
        /// </summary>
        private void Came(string name, TruthStep[] steps, int last, int next, int order, ClientEvent? e = null)
        {
            var wasThere = last >= 0 && steps[last].Sequence is not null;
            var isThere = steps[next - 1].Sequence is not null;
            if (!wasThere && !isThere && _announced >= order)
            {
                return;
            }

            Violations.Add(
                $"{next - last - 1} steps of {name} missing in silence after {(last >= 0 ? Told(steps[last]) : "the beginning")} and "
                    + $"before {(e is null ? "the end" : e)}, on connection {_connection}"
            );
        }

        private static int LastUpTo(TruthStep[] steps, long revision)
        {
            var index = -1;
            for (var i = 0; i < steps.Length && steps[i].Revision <= revision; i++)
            {
                index = i;
            }

            return index;
        }

        private static int Find(TruthStep[] steps, ClientEvent e)
        {
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i].Revision == e.Revision)
                {
                    return steps[i].Sequence == e.Sequence ? i : -1;
                }
            }

            return -1;
        }

        private static int Deletion(TruthStep[] steps, int known, ClientEvent e)
        {
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i].Sequence is null && (steps[i].Revision == e.Revision || (i > 0 && steps[i - 1].Revision == e.Revision)))
                {
                    return i;
                }
            }

            // Told by a list that lacked it: the client's last state may be older than the true last one.
            for (var i = Math.Max(known, 0); i < steps.Length; i++)
            {
                if (steps[i].Sequence is null && i > known)
                {
                    return e.IsFolded || i == known + 1 ? i : -1;
                }
            }

            return -1;
        }

        private static string Told(TruthStep step) =>
            step.Name is null ? "nothing"
            : step.Sequence is { } sequence ? $"seq={sequence}@{step.Revision}"
            : $"deleted@{step.Revision}";
    }
}
