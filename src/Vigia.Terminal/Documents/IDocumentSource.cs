using Vigia.Terminal.States;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Documents;

/// <summary>Where a text comes from; it may change at any time.</summary>
internal interface IDocumentSource : IAsyncDisposable
{
    /// <summary>The text as it is now. The same object while nothing changes. Safe on any thread.</summary>
    TextDocument Document { get; }

    /// <summary>Tells how the text is looked at, where that decides what is in it.</summary>
    void Show(TextState state);
}

/// <summary>A text that is made when it is looked at.</summary>
internal sealed class StaticDocument(Func<TextDocument> make) : IDocumentSource
{
    public TextDocument Document => make();

    public void Show(TextState state) { }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
