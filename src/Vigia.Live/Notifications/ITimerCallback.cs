namespace Vigia.Live.Notifications;

/// <summary>Who has an entry.</summary>
internal interface ITimerCallback
{
    /// <summary>The time has come. Must not block; on any thread.</summary>
    void OnDue();
}
