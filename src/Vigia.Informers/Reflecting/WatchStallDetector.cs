namespace Vigia.Informers.Reflecting;

/// <summary>
/// Notices a watch that has gone silent on a server which is known to send bookmarks: a connection that died without a
/// word, for which HTTP/1.1 has no pings.
/// </summary>
/// <remarks>
/// <para>
/// Since 1.17 an API server sends a bookmark about once a minute to every watch that allows them, however quiet the
/// resource is. But not every server does: some send them only just before the watch's end, some (aggregated ones, old
/// ones, a resource that has never changed) not at all. So the limit applies only after the first bookmark, and it is
/// three times the observed interval if that is longer than the option.
/// </para>
/// <para>
/// One silence causes one reopening: after it the server must send a bookmark again before the next silence counts. So
/// a server that stopped sending bookmarks does not cause a loop of reconnections.
/// </para>
/// </remarks>
internal sealed class WatchStallDetector(TimeSpan limit, TimeProvider time)
{
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private Action? _onSilence;
    private bool _isExpected;
    private TimeSpan _usual;
    private long _heard;
    private long _bookmark;

    /// <summary>How long a silence may last now; null if none counts.</summary>
    public TimeSpan? Limit =>
        limit <= TimeSpan.Zero || !_isExpected ? null
        : 3 * _usual > limit ? 3 * _usual
        : limit;

    /// <summary>How long ago the server was heard of: an event, a bookmark, or the answer to the watch.</summary>
    public TimeSpan Quiet => time.GetElapsedTime(Volatile.Read(ref _heard));

    /// <summary>A watch starts; <paramref name="onSilence"/> is called once if it is silent for too long.</summary>
    public void Begin(Action onSilence)
    {
        End();
        lock (_gate)
        {
            _onSilence = onSilence;
            _heard = _bookmark = time.GetTimestamp();
            Arm();
        }
    }

    /// <summary>Something was read.</summary>
    public void Heard(bool isBookmark)
    {
        // Without a lock on the way of every event: the timer looks when it fires.
        Volatile.Write(ref _heard, time.GetTimestamp());
        if (!isBookmark)
        {
            return;
        }

        lock (_gate)
        {
            // The longest wait, which later ones make forgotten.
            var waited = time.GetElapsedTime(_bookmark);
            _usual = waited > _usual ? waited : (_usual * 3 + waited) / 4;
            (_isExpected, _bookmark) = (true, time.GetTimestamp());
            Arm();
        }
    }

    /// <summary>The watch has ended.</summary>
    public void End()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            (_timer, _onSilence) = (null, null);
        }
    }

    private void Arm()
    {
        if (_timer is null && _onSilence is not null && Limit is { } longest)
        {
            _timer = time.CreateTimer(_ => Check(), null, longest, Timeout.InfiniteTimeSpan);
        }
    }

    private void Check()
    {
        Action? tell;
        lock (_gate)
        {
            if (_timer is null || Limit is not { } longest)
            {
                return;
            }

            var quiet = Quiet;
            if (longest - quiet >= TimeSpan.FromMilliseconds(1))
            {
                _timer.Change(longest - quiet, Timeout.InfiniteTimeSpan);
                return;
            }

            _isExpected = false;
            tell = _onSilence;
        }

        tell?.Invoke();
    }
}
