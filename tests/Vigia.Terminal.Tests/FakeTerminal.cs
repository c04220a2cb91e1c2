using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Vigia.Terminal.Screens;

namespace Vigia.Terminal.Tests;

/// <summary>A terminal that is none: keeps what is written and types what a test says.</summary>
internal sealed partial class FakeTerminal : ITerminal
{
    private readonly ConcurrentQueue<string> _written = new();
    private Action<InputEvent>? _onInput;

    // Another width at each frame has every frame written whole.
    private int _sizes;

    public int FailsAfter { get; init; } = int.MaxValue;

    public int Width { get; init; } = 80;

    public int Height { get; init; } = 24;

    public bool IsEntered { get; private set; }

    public int Written => _written.Count;

    public string Text => string.Concat(_written);

    /// <summary>The last frame.</summary>
    public string Last => _written.LastOrDefault() ?? "";

    /// <summary>The last frame as text, line by line.</summary>
    public string Screen => Lines().Replace(Last, "\n") is var text ? Orders().Replace(text, "") : "";

    public (int Width, int Height) Size =>
        Interlocked.Increment(ref _sizes) > FailsAfter
            ? throw new InvalidOperationException("the terminal broke")
            : (Width + (_sizes % 2), Height);

    public void Enter() => IsEntered = true;

    public void Leave() => IsEntered = false;

    public void Write(ReadOnlySpan<byte> bytes) => _written.Enqueue(Encoding.UTF8.GetString(bytes));

    public void StartReading(Action<InputEvent> onInput) => _onInput = onInput;

    public void Type(string key) => _onInput!(InputEvent.Key(key));

    public void PassThrough(Action<ReadOnlyMemory<byte>>? onBytes) { }

    public void Suspend() { }

    public void Dispose() { }

    /// <summary>Types a command behind its colon, and enter.</summary>
    public void Command(string text)
    {
        Type(":");
        foreach (var key in text)
        {
            Type(key == ' ' ? "space" : key.ToString());
        }

        Type("enter");
    }

    [GeneratedRegex(@"\x1b\[[0-9]+;1H")]
    private static partial Regex Lines();

    [GeneratedRegex(@"\x1b(\[[0-9;?]*[A-Za-z]|\][^\a]*\a)")]
    private static partial Regex Orders();
}
