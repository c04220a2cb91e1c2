using System.Text.Json.Nodes;
using Vigia.Catalog;

namespace Vigia.Gateway.OpenApi;

/// <summary>The description of a route: part of its mapping's metadata, and of <c>/openapi/v1.json</c>.</summary>
/// <param name="Id">
/// The name that generated clients give it: <c>listAny</c>; for a catalog entry <c>Any</c> is replaced by its kind.
/// </param>
/// <param name="Tag">Its tag.</param>
/// <param name="Summary">A summary, in a line; <c>{resource}</c> is replaced.</param>
internal sealed record ApiOperation(string Id, string Tag, string Summary)
{
    /// <summary>Further explanation; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// Parameters in the query and in headers, for an entry or for any; those in the path follow from the pattern.
    /// </summary>
    public Func<ResourceEntry?, IEnumerable<ApiParameter>> Parameters { get; init; } = _ => [];

    /// <summary>The schema of the JSON that is sent; null if none is.</summary>
    public string? Body { get; init; }

    /// <summary>Answers where all is well.</summary>
    public IReadOnlyList<ApiAnswer> Answers { get; init; } = [];

    /// <summary>Statuses of problems in addition to those of every route.</summary>
    public IReadOnlyList<int> Faults { get; init; } = [];

    /// <summary>
    /// The entries for which it is described once more with their own names and types; null for none.
    /// </summary>
    public Func<ResourceEntry, bool>? PerEntry { get; init; }

    /// <summary>The one entry that it is about; null for any.</summary>
    public string? Entry { get; init; }

    /// <summary>True if <c>resources=</c> names its resources.</summary>
    public bool TakesResources { get; init; }

    /// <summary>The operation of a preset: described once for each; null elsewhere.</summary>
    public Func<PresetStream, ApiOperation>? PerPreset { get; init; }

    /// <summary>True if errors have Kubernetes' form.</summary>
    public bool IsKubernetes { get; init; }

    /// <summary>Further members of the operation (<c>x-…</c>).</summary>
    public Func<JsonObject>? Extension { get; init; }
}
