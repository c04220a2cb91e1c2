namespace Vigia.Kubernetes.Workloads;

/// <summary>The object of an action.</summary>
/// <param name="Resource">The resource, as <c>apps/v1 deployments</c>.</param>
/// <param name="Key">Namespace and name.</param>
/// <param name="Context">The kubeconfig context, for the kubectl command; null omits it.</param>
public sealed record ActionTarget(GroupVersionResource Resource, ObjectKey Key, string? Context = null)
{
    /// <summary>As kubectl names it: <c>deployments.apps/web</c>.</summary>
    public string Name => $"{Resource.GroupResource}/{Key.Name}";

    /// <summary>The URL path of the object, or of one of its subresources.</summary>
    public string Path(string? subresource = null) => Resource.Path(Key.Namespace, Key.Name, subresource);

    /// <summary>
    /// A kubectl command on it: <c>kubectl --context=c delete pods/web -n default</c>, quoted for a shell if necessary.
    /// </summary>
    /// <param name="verb">One or more words, as <c>rollout restart</c>.</param>
    /// <param name="argument">The name in the command: by default <see cref="Name"/>; empty for none.</param>
    /// <param name="flags">Flags, each one word; empty ones are left out.</param>
    public string Kubectl(string verb, string? argument = null, params ReadOnlySpan<string> flags)
    {
        var text = Context is null ? $"kubectl {verb}" : $"kubectl {Quoted($"--context={Context}")} {verb}";
        text += (argument ?? Name) is { Length: > 0 } named ? $" {Quoted(named)}" : "";
        text += Key.Namespace.Length == 0 ? "" : $" -n {Quoted(Key.Namespace)}";
        foreach (var flag in flags)
        {
            text += flag.Length == 0 ? "" : $" {Quoted(flag)}";
        }

        return text;
    }

    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:@,+%".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
