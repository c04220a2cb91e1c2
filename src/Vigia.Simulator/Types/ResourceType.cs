using Vigia.Kubernetes;
using Vigia.Simulator.Types;

namespace Vigia.Simulator;

/// <summary>
/// A resource the simulated API server serves: what discovery says of it, and how the store treats it. Immutable.
/// </summary>
public sealed class ResourceType
{
    private static readonly string[] AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>The API group; empty for the core group.</summary>
    public required string Group { get; init; }

    /// <summary>The version, as <c>v1</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The plural, lower-case name, as <c>pods</c>.</summary>
    public required string Plural { get; init; }

    /// <summary>The singular, lower-case name; by default the kind in lower case.</summary>
    public string Singular
    {
        get => field ?? Kind.ToLowerInvariant();
        init;
    }

    /// <summary>The kind, as <c>Pod</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The kind of a list; by default the kind and <c>List</c>.</summary>
    public string ListKind
    {
        get => field ?? Kind + "List";
        init;
    }

    /// <summary>True if objects live in namespaces.</summary>
    public bool Namespaced { get; init; } = true;

    /// <summary>Short names, as <c>po</c>.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>The verbs served; by default all eight.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = AllVerbs;

    /// <summary>Categories, as <c>all</c>.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>True if <c>status</c> is a subresource of its own.</summary>
    public bool HasStatus { get; init; }

    /// <summary>The paths of the scale subresource's numbers; null if there is none.</summary>
    public ScalePaths? Scale { get; init; }

    /// <summary>True if there is a scale subresource.</summary>
    public bool HasScale => Scale is not null;

    /// <summary>True if <c>metadata.generation</c> counts the changes outside metadata and status.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>True for a type that a CustomResourceDefinition brought.</summary>
    public bool IsCustom { get; init; }

    /// <summary>False for a version of a custom type that its definition does not serve.</summary>
    internal bool IsServed { get; init; } = true;

    /// <summary>True for the version in which a custom type's definition stores its objects.</summary>
    internal bool IsStorage { get; init; }

    /// <summary>Field selectors beyond <c>metadata.name</c> and <c>metadata.namespace</c>, as dotted paths.</summary>
    public IReadOnlyList<string> SelectableFields
    {
        get => _selectable;
        init => _selectable = [.. value];
    }

    /// <summary>
    /// Columns of a custom resource (CustomResourceDefinition <c>additionalPrinterColumns</c>); empty elsewhere.
    /// </summary>
    public IReadOnlyList<PrinterColumn> PrinterColumns { get; init; } = [];

    /// <summary>Group, version and plural.</summary>
    public GroupVersionResource Gvr => new(Group, Version, Plural);

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => Gvr.ApiVersion;

    internal FieldTree Fields => field ??= new FieldTree(_selectable);

    private readonly string[] _selectable = [];

    /// <summary><c>pods.v1</c>.</summary>
    public override string ToString() => Gvr.ToString();
}

/// <summary>JSON paths (as <c>.spec.replicas</c>) behind a scale subresource.</summary>
/// <param name="Spec">The desired count.</param>
/// <param name="Status">The observed count.</param>
/// <param name="Selector">The label selector of the pods (an object or a text); null if there is none.</param>
public sealed record ScalePaths(string Spec = ".spec.replicas", string Status = ".status.replicas", string? Selector = ".spec.selector");

/// <summary>One of a custom resource's <c>additionalPrinterColumns</c>.</summary>
/// <param name="Name">The header.</param>
/// <param name="Type"><c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c> or <c>date</c>.</param>
/// <param name="JsonPath">As <c>.spec.worker.replicas</c>.</param>
/// <param name="Priority">0 is always shown, more only in the wide view.</param>
/// <param name="Description">For people.</param>
public sealed record PrinterColumn(string Name, string Type, string JsonPath, int Priority = 0, string Description = "");
