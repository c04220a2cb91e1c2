namespace Vigia.Kubernetes;

/// <summary>The metadata of a list.</summary>
/// <param name="ResourceVersion">The revision of the list: a watch continues from here.</param>
/// <param name="Continue">The token for the next page; empty on the last.</param>
/// <param name="Remaining">Items after this page, if the server reports them.</param>
/// <param name="Count">Items in this page.</param>
public sealed record ListPage(ResourceVersion ResourceVersion, string Continue, long? Remaining, int Count);
