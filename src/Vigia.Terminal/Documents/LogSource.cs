namespace Vigia.Terminal.Documents;

/// <summary>Where a line of a log comes from, as far as that has to be said.</summary>
/// <param name="Pod">The pod; empty where there is one only.</param>
/// <param name="Container">The container; empty where there is one only.</param>
internal readonly record struct LogSource(string Pod, string Container)
{
    /// <summary>How much of the pods' names is the same, up to a dash: what is left tells them apart.</summary>
    public static int CommonPrefix(IReadOnlyList<LogSource> sources)
    {
        var names = sources.Select(source => source.Pod).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0)
        {
            return 0;
        }

        var same = names.Min(name => name.Length) - 1;
        foreach (var name in names)
        {
            same = Math.Min(same, names[0].AsSpan().CommonPrefixLength(name));
        }

        return same <= 0 ? 0 : names[0].LastIndexOf('-', Math.Min(same, names[0].Length - 2)) + 1;
    }

    /// <summary>As it stands in front of a line.</summary>
    /// <param name="prefix">How much of the pod's name to leave out.</param>
    public string Show(int prefix) =>
        (Pod.Length, Container.Length) switch
        {
            (0, _) => Container,
            (_, 0) => Pod[prefix..],
            _ => $"{Pod[prefix..]}/{Container}",
        };
}
