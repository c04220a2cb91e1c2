namespace Vigia.Catalog;

/// <summary>A catalog file is wrong: the message names the file and has a line for each fault.</summary>
public sealed class CatalogException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="faults">One sentence each, with file and line.</param>
    public CatalogException(IReadOnlyList<string> faults)
        : base(string.Join('\n', faults ?? throw new ArgumentNullException(nameof(faults)))) => Faults = faults;

    /// <summary>One sentence each.</summary>
    public IReadOnlyList<string> Faults { get; }
}
