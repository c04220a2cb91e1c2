using System.Collections.Concurrent;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>Keys and changes of the state, on their way to the thread that draws. Safe on any thread.</summary>
internal sealed class ScreenQueue : IDisposable
{
    private readonly ConcurrentQueue<(InputEvent Input, long At)> _inputs = new();
    private readonly ConcurrentQueue<Func<AppState, AppState>> _posts = new();
    private readonly AutoResetEvent _awake = new(false);
    private readonly TimeProvider _time;
    private readonly ITimer _alarm;

    public ScreenQueue(TimeProvider time)
    {
        _time = time;
        _alarm = time.CreateTimer(_ => _awake.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsEmpty => _inputs.IsEmpty && _posts.IsEmpty;

    /// <summary>A key, with the time at which it was read.</summary>
    public void Input(InputEvent input)
    {
        _inputs.Enqueue((input, _time.GetTimestamp()));
        _awake.Set();
    }

    /// <summary>A change of the state.</summary>
    public void Post(Func<AppState, AppState> change)
    {
        _posts.Enqueue(change);
        _awake.Set();
    }

    /// <summary>Ends <see cref="Wait"/>.</summary>
    public void Wake() => _awake.Set();

    public bool TryTakeInput(out (InputEvent Input, long At) input) => _inputs.TryDequeue(out input);

    public bool TryTakePost(out Func<AppState, AppState> change) => _posts.TryDequeue(out change!);

    /// <summary>Waits for the next input, post or wake, and no longer than given.</summary>
    public void Wait(TimeSpan longest)
    {
        _alarm.Change(longest, Timeout.InfiniteTimeSpan);
        _awake.WaitOne();
    }

    public void Dispose()
    {
        _alarm.Dispose();
        _awake.Dispose();
    }
}
