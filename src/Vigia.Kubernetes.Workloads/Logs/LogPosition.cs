namespace Vigia.Kubernetes.Workloads.Logs;

/// <summary>
/// How far a log has been read, so that it can be resumed: the time of the last line, and the number of lines with that
/// very time. A server returns lines from a whole second on; lines before the position are skipped.
/// </summary>
internal struct LogPosition
{
    private DateTimeOffset _last;
    private int _atLast;
    private int _seenAgain;
    private bool _resuming;

    /// <summary>The time of the last line; the default before any.</summary>
    public readonly DateTimeOffset Last => _last;

    /// <summary>True once a line has been read.</summary>
    public readonly bool Any => _atLast > 0;

    /// <summary>The stream starts again, from the second of the last line.</summary>
    public void Resume() => (_resuming, _seenAgain) = (_atLast > 0, 0);

    /// <summary>Takes the next line of the stream.</summary>
    /// <param name="at">Its time.</param>
    /// <param name="gap">
    /// True if the last line known was not found again: lines before this one may be missing.
    /// </param>
    /// <returns>False for a line that has been read before.</returns>
    public bool Take(DateTimeOffset at, out bool gap)
    {
        gap = false;
        if (_resuming)
        {
            if (at < _last)
            {
                return false;
            }

            if (at == _last && _seenAgain < _atLast)
            {
                _seenAgain++;
                return false;
            }

            gap = _seenAgain < _atLast;
            _resuming = false;
        }

        _atLast = at == _last ? _atLast + 1 : 1;
        _last = at;
        return true;
    }
}
