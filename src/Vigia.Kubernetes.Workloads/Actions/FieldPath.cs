using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vigia.Kubernetes.Workloads.Actions;

/// <summary>A path of steps as <see cref="FieldTree"/> has them.</summary>
internal static class FieldPath
{
    /// <summary>As a server writes it in a conflict: <c>.spec.containers[name="main"].image</c>.</summary>
    public static string Show(IReadOnlyList<string> path)
    {
        var text = new StringBuilder();
        foreach (var step in path)
        {
            text.Append(
                step[0] switch
                {
                    'f' => "." + step[2..],
                    'k' => $"[{Keys(step)}]",
                    _ => $"[={step[2..]}]",
                }
            );
        }

        return text.ToString();
    }

    private static string Keys(string step) =>
        string.Join(',', FieldTree.Keys(step).EnumerateObject().Select(key => $"{key.Name}={key.Value.GetRawText()}"));

    /// <summary>
    /// The place in an object, as a JSON pointer (RFC 6901), and its value; null if it does not exist.
    /// </summary>
    public static (string Pointer, JsonElement Value)? Find(JsonElement obj, IReadOnlyList<string> path)
    {
        var pointer = new StringBuilder();
        foreach (var step in path)
        {
            if (step[0] == 'f')
            {
                if (obj.ValueKind != JsonValueKind.Object || !obj.TryGetProperty(step[2..], out obj))
                {
                    return null;
                }

                pointer
                    .Append('/')
                    .Append(step[2..].Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
                continue;
            }

            var index = Index(obj, step);
            if (index < 0)
            {
                return null;
            }

            pointer.Append('/').Append(index.ToString(CultureInfo.InvariantCulture));
            obj = obj[index];
        }

        return (pointer.ToString(), obj);
    }

    private static int Index(JsonElement list, string step)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            return -1;
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (step[0] == 'k' ? FieldTree.Matches(step, item) : item.GetRawText() == step[2..])
            {
                return index;
            }

            index++;
        }

        return -1;
    }
}
