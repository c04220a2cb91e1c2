using Vigia.Kubernetes.Objects.Headers;

namespace Vigia.Kubernetes.Objects.Packing;

/// <summary>
/// The common parts of the objects of one template, besides their bodies: type, labels, owners, and the template. One
/// reference in each of them.
/// </summary>
internal sealed class ObjectShape
{
    private ObjectShape(BodyTemplate? template, TypeMeta type, LabelSet labels, OwnerReference[] owners) =>
        (Template, Type, Labels, Owners) = (template, type, labels, owners);

    public BodyTemplate? Template { get; }

    public TypeMeta Type { get; }

    public LabelSet Labels { get; }

    public OwnerReference[] Owners { get; }

    /// <summary>
    /// The shape of the last object with these labels, or of the last one of this template, if it is the same; else a
    /// new one.
    /// </summary>
    public static ObjectShape Of(BodyTemplate? template, in ObjectHeader header)
    {
        var (type, labels, owners) = (header.Type ?? TypeMeta.Unknown, header.Labels ?? LabelSet.Empty, header.Owners ?? []);
        foreach (var last in (ReadOnlySpan<ObjectShape?>)[labels.LastShape as ObjectShape, template?.LastShape])
        {
            if (
                last is not null
                && ReferenceEquals(last.Template, template)
                && ReferenceEquals(last.Type, type)
                && ReferenceEquals(last.Labels, labels)
                && ReferenceEquals(last.Owners, owners)
            )
            {
                return last;
            }
        }

        var shape = new ObjectShape(template, type, labels, owners);
        if (template is not null)
        {
            template.LastShape = shape;
        }

        if (labels.Count > 0)
        {
            labels.LastShape = shape;
        }

        return shape;
    }

    /// <summary>For an object whose body is no longer kept.</summary>
    public ObjectShape WithoutTemplate() => new(null, Type, Labels, Owners);
}
