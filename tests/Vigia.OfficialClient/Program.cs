// What a user of the official C# client writes: list pods of all namespaces, get one, watch from the list's revision,
// list again when the watch ends. Usage: vigia-official-client URL says "held NAMESPACE/NAME@REVISION ..." after each
// change.
using k8s;
using k8s.Autorest;
using k8s.Models;

using var client = new Kubernetes(new KubernetesClientConfiguration { Host = args[0] });
var held = new SortedDictionary<string, string>(StringComparer.Ordinal);
while (true)
{
    try
    {
        Console.WriteLine($"version {(await client.Version.GetCodeAsync()).Major}");
        var list = await client.CoreV1.ListPodForAllNamespacesAsync();
        held.Clear();
        foreach (var pod in list.Items)
        {
            held[Key(pod)] = pod.ResourceVersion();
        }

        if (list.Items.FirstOrDefault() is { } first)
        {
            Console.WriteLine($"got {(await client.CoreV1.ReadNamespacedPodAsync(first.Name(), first.Namespace())).Name()}");
        }

        Say();
        await foreach (var (type, pod) in client.CoreV1.WatchListPodForAllNamespacesAsync(resourceVersion: list.ResourceVersion()))
        {
            if (type == WatchEventType.Deleted)
            {
                held.Remove(Key(pod));
            }
            else
            {
                held[Key(pod)] = pod.ResourceVersion();
            }

            Say();
        }
    }
    catch (Exception error) when (error is HttpRequestException or IOException or HttpOperationException or KubernetesException)
    {
        Console.WriteLine($"again {error.Message}");
    }

    using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
    await pause.WaitForNextTickAsync();
}

void Say() => Console.WriteLine(string.Join(' ', held.Select(pair => $"{pair.Key}@{pair.Value}").Prepend("held")));

static string Key(V1Pod pod) => $"{pod.Namespace()}/{pod.Name()}";
