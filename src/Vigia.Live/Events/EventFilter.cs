using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;

namespace Vigia.Live.Events;

/// <summary>A filter of Kubernetes events, both the API server's and kept ones.</summary>
internal sealed class EventFilter
{
    private readonly List<Func<EventAbout, EventRecord, bool>> _conditions = [];

    /// <summary>Equal for equal filters; empty for one that everything passes.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Adds a condition, which <paramref name="text"/> identifies.</summary>
    public void Add(string text, Func<EventAbout, EventRecord, bool> condition)
    {
        Text = Text.Length == 0 ? text : $"{Text}&{text}";
        _conditions.Add(condition);
    }

    public bool Matches(EventAbout about, EventRecord record) => _conditions.TrueForAll(condition => condition(about, record));
}
