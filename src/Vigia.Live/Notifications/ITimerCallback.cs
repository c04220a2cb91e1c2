namespace Vigia.Live.Notifications;

/// <summary>The owner of a timer entry.</summary>
internal interface ITimerCallback
{
    /// <summary>The time has come. Must not block; on any thread.</summary>
    void OnDue();
}
