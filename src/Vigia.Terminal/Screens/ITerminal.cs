namespace Vigia.Terminal.Screens;

/// <summary>A terminal that can be taken over and given back.</summary>
internal interface ITerminal : IDisposable
{
    /// <summary>Columns and lines.</summary>
    (int Width, int Height) Size { get; }

    /// <summary>Takes the terminal over: raw keys, a screen of our own. Idempotent.</summary>
    void Enter();

    /// <summary>Gives the terminal back as it was. Idempotent, from any thread, at any time.</summary>
    void Leave();

    /// <summary>Writes to the screen.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Begins to read; <paramref name="onInput"/> is called on a thread of its own.</summary>
    void StartReading(Action<InputEvent> onInput);

    /// <summary>
    /// Hands what is typed on as it comes, to a program that has the screen to itself: the other screen is left, keys
    /// stay raw. Null ends that.
    /// </summary>
    void PassThrough(Action<ReadOnlyMemory<byte>>? onBytes);

    /// <summary>Stops the process until the shell continues it (<c>fg</c>); returns then.</summary>
    void Suspend();
}
