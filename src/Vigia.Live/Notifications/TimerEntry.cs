namespace Vigia.Live.Notifications;

/// <summary>
/// An entry of a <see cref="CoalescingTimer"/>. After its release a call does nothing, and it holds no reference.
/// </summary>
internal sealed class TimerEntry(ITimerCallback owner)
{
    private ITimerCallback? _owner = owner;

    /// <summary>Calls the owner.</summary>
    public void OnDue() => Volatile.Read(ref _owner)?.OnDue();

    /// <summary>No more calls: the timer need not be searched.</summary>
    public void Cancel() => Volatile.Write(ref _owner, null);
}
