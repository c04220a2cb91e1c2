namespace Vigia.Live.Notifications;

/// <summary>What a <see cref="Clock"/> rings. Where it was let go, ringing does nothing, and it holds nothing.</summary>
internal sealed class Alarm(IAlarmed owner)
{
    private IAlarmed? _owner = owner;

    /// <summary>Calls the owner.</summary>
    public void Ring() => Volatile.Read(ref _owner)?.Ring();

    /// <summary>Nobody is called any more: the clock need not be searched.</summary>
    public void LetGo() => Volatile.Write(ref _owner, null);
}
