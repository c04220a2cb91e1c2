namespace Vigia.Live.Notifications;

/// <summary>Who has an alarm.</summary>
internal interface IAlarmed
{
    /// <summary>The time has come. Must not block; on any thread.</summary>
    void Ring();
}
