using Microsoft.Extensions.Logging;

namespace Vigia.Controllers.LeaderElection;

/// <summary>One time of leading: until when it may last unless renewed, and the tokens that end it.</summary>
/// <remarks>
/// The deadline counts from when the last successful write was <i>sent</i>: no other candidate can have seen the change
/// before that, so no other candidate's wait began earlier. (client-go counts from the answer, and from one retry
/// period later; a slow answer reduces its margin.)
/// </remarks>
internal sealed partial class LeadershipTerm : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _work = new();
    private readonly CancellationTokenSource _renewing = new();
    private readonly ITimer _timer;
    private long _sent;
    private bool _over;

    public LeadershipTerm(TimeProvider time, TimeSpan deadline, long sent, ILogger logger)
    {
        (_time, _deadline, _sent, _logger) = (time, deadline, sent, logger);
        _timer = time.CreateTimer(
            static state => ((LeadershipTerm)state!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        lock (_gate)
        {
            _timer.Change(Positive(Remaining()), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The token of the work.</summary>
    public CancellationToken Work => _work.Token;

    /// <summary>Ends the renewing: after the deadline, and once the work has ended.</summary>
    public CancellationToken Renewing => _renewing.Token;

    /// <summary>
    /// True until the work is cancelled. It also checks the clock, since a timer may be late on a busy or suspended
    /// machine.
    /// </summary>
    public bool MayAct
    {
        get
        {
            lock (_gate)
            {
                return !_over && !_work.IsCancellationRequested && Remaining() > TimeSpan.Zero;
            }
        }
    }

    /// <summary>True if the deadline passed or the lease was seen with another.</summary>
    public bool IsLost
    {
        get
        {
            lock (_gate)
            {
                return _over;
            }
        }
    }

    /// <summary>Time since the last successful write was sent.</summary>
    public TimeSpan SinceRenewal
    {
        get
        {
            lock (_gate)
            {
                return _time.GetElapsedTime(_sent);
            }
        }
    }

    /// <summary>
    /// A write sent at <paramref name="sent"/> succeeded. After the deadline a success changes nothing: the work was
    /// cancelled.
    /// </summary>
    public void Renewed(long sent)
    {
        lock (_gate)
        {
            if (!_over && Remaining() > TimeSpan.Zero)
            {
                _sent = sent;
                _timer.Change(Positive(Remaining()), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Ends the term: the work must stop now, and nothing is renewed any more.</summary>
    public void Lose()
    {
        lock (_gate)
        {
            _over = true;
        }

        StopWork();
        StopRenewing();
    }

    /// <summary>Cancels the work; the lease is renewed until the work has ended.</summary>
    public void StopWork() => Cancel(_work);

    public void StopRenewing() => Cancel(_renewing);

    public void Dispose()
    {
        _timer.Dispose();
        _work.Dispose();
        _renewing.Dispose();
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    private TimeSpan Remaining() => _deadline - _time.GetElapsedTime(_sent);

    private void OnTimer()
    {
        lock (_gate)
        {
            if (Remaining() is var left && left > TimeSpan.Zero)
            {
                // Timers may be early by a tick.
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        Lose();
    }

    /// <summary>
    /// A callback on the token is user code and may throw; on a timer's thread that would end the process.
    /// </summary>
    private void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException thrown)
        {
            LogCallback(thrown);
        }
        catch (ObjectDisposedException)
        {
            // The timer fired while the term was being disposed of: everything has ended already.
        }
    }

    [LoggerMessage(
        2109,
        LogLevel.Error,
        "A callback on the cancellation token of the leader's work threw; the work was cancelled all the same"
    )]
    private partial void LogCallback(Exception thrown);
}
