using YamlDotNet.RepresentationModel;

namespace Vigia.Kubernetes.Kubeconfig;

/// <summary>
/// YAML 1.1's merge keys (<c>&lt;&lt;: *other</c>), which kubectl supports: members of the other mapping are added if
/// the mapping has none of that name.
/// </summary>
internal static class YamlMergeKeys
{
    private const string MergeKey = "<<";

    /// <summary>Resolves every merge key below a node, once.</summary>
    public static void Resolve(YamlNode root) => Resolve(root, new HashSet<YamlNode>(ReferenceEqualityComparer.Instance));

    private static void Resolve(YamlNode node, HashSet<YamlNode> seen)
    {
        // An anchor may contain itself.
        if (!seen.Add(node))
        {
            return;
        }

        switch (node)
        {
            case YamlSequenceNode list:
                foreach (var item in list)
                {
                    Resolve(item, seen);
                }

                break;
            case YamlMappingNode mapping:
                foreach (var value in mapping.Children.Values.ToArray())
                {
                    Resolve(value, seen);
                }

                Merge(mapping);
                break;
        }
    }

    private static void Merge(YamlMappingNode mapping)
    {
        var key = new YamlScalarNode(MergeKey);
        if (!mapping.Children.TryGetValue(key, out var merged))
        {
            return;
        }

        mapping.Children.Remove(key);
        foreach (
            var source in merged is YamlSequenceNode several ? several.OfType<YamlMappingNode>()
            : merged is YamlMappingNode one ? [one]
            : []
        )
        {
            foreach (var (name, value) in source.Children)
            {
                mapping.Children.TryAdd(name, value);
            }
        }
    }
}
