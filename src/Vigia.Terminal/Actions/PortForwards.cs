using System.Globalization;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Actions;

/// <summary>The ports that lead to pods, for as long as the program runs. Safe on any thread.</summary>
internal sealed class PortForwards : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(int Number, string Cluster, PortForward Forward)> _forwards = [];
    private int _last;

    public void Add(string cluster, PortForward forward)
    {
        lock (_gate)
        {
            _forwards.Add((++_last, cluster, forward));
        }
    }

    /// <summary>Takes one out, to be disposed by the caller; null where there is none.</summary>
    public PortForward? Take(int number)
    {
        lock (_gate)
        {
            var found = _forwards.FirstOrDefault(forward => forward.Number == number);
            _forwards.Remove(found);
            return found.Forward;
        }
    }

    /// <summary>The list, with what went through; enter ends one.</summary>
    public TextDocument Write()
    {
        lock (_gate)
        {
            return _forwards.Count == 0
                ? new([TextLine.Of("no port is forwarded; shift-f on a pod does that", TextRole.Muted)])
                : new(
                    [
                        .. _forwards.Select(item => new TextLine(
                            [
                                new($"{item.Forward.LocalEndPoint} ", TextRole.Accent),
                                new(
                                    string.Create(
                                        CultureInfo.InvariantCulture,
                                        $"→ {item.Forward.Options.PodPort} of {item.Forward.Options.Pod} in {item.Cluster}"
                                    )
                                ),
                                new(item.Forward.LastError is { } error ? "  " + error : "", TextRole.Bad),
                                new(
                                    string.Create(
                                        CultureInfo.InvariantCulture,
                                        $"  {item.Forward.Open} open of {item.Forward.Total}, {item.Forward.BytesSent:N0} bytes sent, "
                                            + $"{item.Forward.BytesReceived:N0} received"
                                    ),
                                    TextRole.Muted
                                ),
                            ],
                            $"pf stop {item.Number.ToString(CultureInfo.InvariantCulture)}"
                        )),
                    ],
                    "enter ends one"
                );
        }
    }

    public async ValueTask DisposeAsync()
    {
        (int Number, string Cluster, PortForward Forward)[] all;
        lock (_gate)
        {
            all = [.. _forwards];
            _forwards.Clear();
        }

        foreach (var item in all)
        {
            await item.Forward.DisposeAsync();
        }
    }
}
