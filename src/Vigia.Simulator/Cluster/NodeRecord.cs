namespace Vigia.Simulator.Cluster;

/// <summary>A node as the scheduler sees it.</summary>
internal sealed class NodeRecord
{
    public required string Name { get; init; }

    public required int Index { get; init; }

    public string Address { get; set; } = "";

    public bool Ready { get; set; } = true;

    public bool Unschedulable { get; set; }

    public bool ControlPlane { get; set; }

    public int Pods { get; set; }

    public int NextIp { get; set; }

    public DateTimeOffset ReadySince { get; set; }
}
