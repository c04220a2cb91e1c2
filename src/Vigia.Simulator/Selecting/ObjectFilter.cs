using Vigia.Simulator.Errors;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Selecting;

/// <summary>A request's namespace, label selector and field selector, as one test of an object.</summary>
internal sealed class ObjectFilter
{
    private readonly string? _namespace;
    private readonly List<LabelTerm> _labels;
    private readonly List<(string Path, string Value, bool Equal)> _fields = [];

    public ObjectFilter(ResourceType type, string? ns, string? labels, string? fields)
    {
        _namespace = string.IsNullOrEmpty(ns) ? null : ns;
        _labels = LabelTerm.ParseAll(labels ?? "");
        foreach (var part in (fields ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (path, value, equal) = part.IndexOf("!=", StringComparison.Ordinal) is > 0 and var not ? (part[..not], part[(not + 2)..], false)
                : part.IndexOf("==", StringComparison.Ordinal) is > 0 and var twice ? (part[..twice], part[(twice + 2)..], true)
                : part.IndexOf('=', StringComparison.Ordinal) is > 0 and var once ? (part[..once], part[(once + 1)..], true)
                : throw StatusException.BadRequest($"Unable to find \"{type.Gvr}\" that match label selector \"{labels}\", field selector \"{fields}\": invalid selector: '{part}'; can't understand '{part}'");
            if (path is not ("metadata.name" or "metadata.namespace") && !type.SelectableFields.Contains(path))
            {
                throw StatusException.BadRequest($"Unable to find \"{type.Gvr}\" that match label selector \"{labels}\", field selector \"{fields}\": field label not supported: {path}");
            }

            _fields.Add((path, value, equal));
        }
    }

    /// <summary>True where a selector is given: counts of what remains are not told then.</summary>
    public bool Selects => _labels.Count > 0 || _fields.Count > 0;

    public bool Matches(StoredObject item)
    {
        if (_namespace is not null && item.Key.Namespace != _namespace)
        {
            return false;
        }

        foreach (var term in _labels)
        {
            if (!term.Matches(item.Labels))
            {
                return false;
            }
        }

        foreach (var (path, value, equal) in _fields)
        {
            if ((item.Field(path) == value) != equal)
            {
                return false;
            }
        }

        return true;
    }
}
