using System.Reflection;
using Vigia.Catalog;
using Vigia.Controllers;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Simulator;

namespace Vigia.Samples.Tests.Documents;

/// <summary>
/// The public names of the packages: types, and their members as <c>Type.Member</c>, extension methods under the type
/// that they extend too.
/// </summary>
internal static class PublicNames
{
    private static readonly Lazy<HashSet<string>> Known = new(() =>
    {
        // What the examples make themselves, and the platform's.
        var names = new HashSet<string>(["Models", "System.Text.Json", "JsonSerializerContext"], StringComparer.Ordinal);
        foreach (
            var assembly in new[]
            {
                typeof(RawObject).Assembly,
                typeof(SharedInformer).Assembly,
                typeof(LeaderElector).Assembly,
                typeof(DrainAction).Assembly,
                typeof(ResourceCatalog).Assembly,
                typeof(VigiaSimulator).Assembly,
            }
        )
        {
            names.Add(assembly.GetName().Name!);
            foreach (var type in assembly.GetExportedTypes())
            {
                names.Add(Simple(type));
                names.Add(type.Namespace!);
                foreach (
                    var member in type.GetMembers(
                        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy
                    )
                )
                {
                    names.Add($"{Simple(type)}.{member.Name}");
                    if (member is MethodInfo method && method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute)))
                    {
                        names.Add($"{Simple(method.GetParameters()[0].ParameterType)}.{member.Name}");
                    }
                }
            }
        }

        return names;
    });

    /// <summary>
    /// Whether a name as documents write it exists: generic arguments and those of a call are left out.
    /// </summary>
    public static bool Exists(string name)
    {
        var bare = name.Split('(')[0];
        bare = System.Text.RegularExpressions.Regex.Replace(bare, "<[^>]*>", "");
        return Known.Value.Contains(bare);
    }

    private static string Simple(Type type) => type.Name.Split('`')[0];
}
