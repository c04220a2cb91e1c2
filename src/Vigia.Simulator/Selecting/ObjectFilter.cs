using Vigia.Kubernetes;

namespace Vigia.Simulator.Selecting;

/// <summary>A request's namespace, label selector and field selector, as one test of an object.</summary>
internal sealed class ObjectFilter
{
    private readonly string? _namespace;
    private readonly LabelSelector _labels;
    private readonly FieldSelector _fields;

    /// <summary>Reads the selectors.</summary>
    /// <exception cref="StatusException">
    /// 400 for one that cannot be read, or a field that the type does not offer.
    /// </exception>
    public ObjectFilter(ResourceType type, string? ns, string? labels, string? fields)
    {
        _namespace = string.IsNullOrEmpty(ns) ? null : ns;
        var asked = $"Unable to find \"{type.Gvr}\" that match label selector \"{labels}\", field selector \"{fields}\"";
        if (!LabelSelector.TryParse(labels, out var labelSelector, out var error))
        {
            throw StatusException.BadRequest($"{asked}: unable to parse requirement: {error}");
        }

        if (!FieldSelector.TryParse(fields, out var fieldSelector, out error))
        {
            throw StatusException.BadRequest($"{asked}: {error}");
        }

        foreach (var requirement in fieldSelector.Requirements)
        {
            if (requirement.Field is not ("metadata.name" or "metadata.namespace") && !type.SelectableFields.Contains(requirement.Field))
            {
                throw StatusException.BadRequest($"{asked}: field label not supported: {requirement.Field}");
            }
        }

        (_labels, _fields) = (labelSelector, fieldSelector);
    }

    /// <summary>True with a selector: then the number of remaining items is not sent.</summary>
    public bool Selects => _labels.Requirements.Count > 0 || _fields.Requirements.Count > 0;

    public bool Matches(StoredObject item) =>
        (_namespace is null || item.Key.Namespace == _namespace)
        && _labels.Matches(item.Labels)
        && (_fields.Requirements.Count == 0 || _fields.Matches(item.Field));
}
