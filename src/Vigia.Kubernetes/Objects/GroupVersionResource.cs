namespace Vigia.Kubernetes;

/// <summary>Names a resource as URLs do: <c>apps/v1, deployments</c>. The core group is the empty string.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version, as <c>v1</c>.</param>
/// <param name="Resource">The plural, lower-case name, as <c>pods</c>.</param>
public readonly record struct GroupVersionResource(string Group, string Version, string Resource)
{
    /// <summary><c>v1</c> or <c>apps/v1</c>: the value of <c>apiVersion</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>pods</c> or <c>deployments.apps</c>: the name that RBAC and kubectl use.</summary>
    public string GroupResource => Group.Length == 0 ? Resource : $"{Resource}.{Group}";

    /// <summary>
    /// The URL path: <c>/api/v1/namespaces/NS/pods/NAME</c>, <c>/apis/apps/v1/deployments</c>, each part escaped.
    /// </summary>
    /// <param name="ns">The namespace; null or empty for all, or for cluster-scoped resources.</param>
    /// <param name="name">An object's name; null for the collection.</param>
    /// <param name="subresource">As <c>status</c> or <c>scale</c>; only with a name.</param>
    public string Path(string? ns = null, string? name = null, string? subresource = null)
    {
        var path = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        if (!string.IsNullOrEmpty(ns))
        {
            path += $"/namespaces/{Uri.EscapeDataString(ns)}";
        }

        path += $"/{Resource}";
        if (name is not null)
        {
            path += $"/{Uri.EscapeDataString(name)}";
            if (subresource is not null)
            {
                path += $"/{subresource}";
            }
        }

        return path;
    }

    /// <summary>
    /// Reads what <see cref="ToString"/> writes and kubectl accepts: <c>pods.v1</c>, <c>deployments.v1.apps</c>,
    /// <c>certificates.v1.cert-manager.io</c>.
    /// </summary>
    /// <exception cref="FormatException">
    /// The text is not resource, version and, except for the core group, group; the message names the missing part.
    /// </exception>
    public static GroupVersionResource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('.', 3);
        return parts is [{ Length: > 0 } resource, ['v', >= '1' and <= '9', ..] version, ..] && (parts.Length == 2 || parts[2].Length > 0)
            ? new GroupVersionResource(parts.Length == 3 ? parts[2] : "", version, resource)
            : throw new FormatException(
                $"'{text}' is not a resource: expected plural, version and group, for example deployments.v1.apps, or "
                    + "pods.v1 for the core group"
            );
    }

    /// <summary>
    /// Client-go's text form: <c>apps/v1, Resource=deployments</c>, here shortened to <c>deployments.v1.apps</c> as
    /// kubectl accepts it.
    /// </summary>
    public override string ToString() => Group.Length == 0 ? $"{Resource}.{Version}" : $"{Resource}.{Version}.{Group}";
}
