namespace Vigia.Kubernetes;

/// <summary>What a list says beside its items.</summary>
/// <param name="ResourceVersion">The revision the list is of: a watch goes on from here.</param>
/// <param name="Continue">The token for the next page; empty on the last.</param>
/// <param name="Remaining">Items after this page, where the server says so.</param>
/// <param name="Count">Items in this page.</param>
public sealed record ListPage(ResourceVersion ResourceVersion, string Continue, long? Remaining, int Count);
