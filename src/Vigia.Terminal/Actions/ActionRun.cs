using System.Globalization;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Loading;

namespace Vigia.Terminal.Actions;

/// <summary>
/// An action on some objects of one cluster, one after the other; one that fails does not keep the others from theirs.
/// </summary>
internal static class ActionRun
{
    /// <summary>Does it; returns what to say, and whether that is bad news.</summary>
    public static async Task<(string Said, bool IsError)> RunAsync(
        UiAction action,
        ClusterLink link,
        ResourceEntry entry,
        IReadOnlyList<ObjectKey> keys,
        IReadOnlyDictionary<string, string> inputs,
        ActionRecord record,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var version =
            link.Feed(entry).Version ?? throw new InvalidOperationException($"where {link.Name} has {entry.Name} is not known yet");
        var said = new List<string>();
        var failed = new List<string>();
        foreach (var key in keys)
        {
            var target = new ActionTarget(version, key, link.Name);
            var doing = ObjectActions.Make(action, target, inputs, time);
            if (doing is DrainAction drain)
            {
                drain.Progressed += record.Tell;
            }

            try
            {
                said.Add(await doing.RunAsync(link.Client, new Telling(record.Tell), cancellationToken));
                Each(said[^1]);
            }
            catch (Exception error)
                when (error
                        is KubernetesApiException
                            or KubernetesConnectionException
                            or CredentialException
                            or InvalidOperationException
                            or TimeoutException
                )
            {
                failed.Add(ObjectActions.Explain(error, target, doing.Rights));
                Each(failed[^1]);
            }
        }

        return failed.Count == 0
            ? (keys.Count == 1 ? said[0] : string.Create(CultureInfo.InvariantCulture, $"{said[0]}, and so {keys.Count - 1} more"), false)
            : (
                keys.Count == 1
                    ? failed[0]
                    : string.Create(CultureInfo.InvariantCulture, $"{failed.Count} of {keys.Count} failed: {failed[0]}"),
                true
            );

        // Of one object the end says it all.
        void Each(string text)
        {
            if (keys.Count > 1)
            {
                record.Tell(text);
            }
        }
    }

    /// <summary>Tells at once, on the thread that knows.</summary>
    private sealed class Telling(Action<string> tell) : IProgress<string>
    {
        public void Report(string value) => tell(value);
    }
}
