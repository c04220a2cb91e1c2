namespace Vigia.Controllers.WorkQueues;

/// <summary>One first-in-first-out lane per priority, and the rule that picks among them. Not thread-safe.</summary>
/// <remarks>
/// The rule: the highest lane that has keys, unless a lower one was passed over <c>interval</c> times in a row; then
/// that one. With three lanes a key at the head of any lane is taken within 2 × interval + 1 takes, without a clock. A
/// key that is raised joins the higher lane's tail and keeps its place in the lower one, so that raising it never makes
/// it later.
/// </remarks>
internal sealed class WorkLanes<TKey>(int interval)
{
    private const int Lanes = (int)WorkPriority.High + 1;

    private readonly Queue<QueuedKey<TKey>>[] _lanes = [new(), new(), new()];
    private readonly int[] _passedOver = new int[Lanes];

    /// <summary>How many keys wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many places are taken up, those left behind by raised keys included.</summary>
    public int Held => _lanes.Sum(lane => lane.Count);

    /// <summary>Adds a key at its lane's tail.</summary>
    public void Push(QueuedKey<TKey> key)
    {
        _lanes[(int)key.Priority].Enqueue(key);
        Count++;
    }

    /// <summary>Moves a waiting key up.</summary>
    public void Raise(QueuedKey<TKey> key, WorkPriority priority)
    {
        var left = _lanes[(int)key.Priority];
        key.Priority = priority;
        _lanes[(int)priority].Enqueue(key);

        // Entries taken in a higher lane stay behind in a lower one; a lane that is rarely served must not fill up with
        // them.
        if (left.Count > (2 * Count) + 64)
        {
            Compact(left);
        }
    }

    /// <summary>Takes the next key, or null if nothing waits.</summary>
    public QueuedKey<TKey>? Take()
    {
        var chosen = -1;
        for (var lane = Lanes - 1; lane >= 0; lane--)
        {
            if (HasKeys(_lanes[lane]) && (chosen < 0 || _passedOver[lane] >= interval))
            {
                chosen = lane;
            }
        }

        if (chosen < 0)
        {
            return null;
        }

        for (var lane = 0; lane < chosen; lane++)
        {
            _passedOver[lane] = _lanes[lane].Count > 0 ? _passedOver[lane] + 1 : 0;
        }

        _passedOver[chosen] = 0;
        Count--;
        return _lanes[chosen].Dequeue();
    }

    private static bool HasKeys(Queue<QueuedKey<TKey>> lane)
    {
        while (lane.TryPeek(out var key))
        {
            if (!key.IsTaken)
            {
                return true;
            }

            lane.Dequeue();
        }

        return false;
    }

    private static void Compact(Queue<QueuedKey<TKey>> lane)
    {
        for (var left = lane.Count; left > 0; left--)
        {
            var key = lane.Dequeue();
            if (!key.IsTaken)
            {
                lane.Enqueue(key);
            }
        }
    }
}
