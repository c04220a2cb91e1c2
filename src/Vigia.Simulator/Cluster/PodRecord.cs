using Vigia.Kubernetes;

namespace Vigia.Simulator.Cluster;

/// <summary>The state of a pod's main container.</summary>
internal enum ContainerStage
{
    Waiting,
    Running,
    Terminated,
}

/// <summary>The planned fate of a running pod.</summary>
internal enum PodFate
{
    /// <summary>Runs until it is deleted.</summary>
    Runs,

    /// <summary>Ends well after a while.</summary>
    Completes,

    /// <summary>Ends badly after a while, and is not started again.</summary>
    Fails,

    /// <summary>Crashes again and again.</summary>
    Crashes,

    /// <summary>Is killed for its memory again and again.</summary>
    RunsOutOfMemory,
}

/// <summary>The simulated kubelet's record of a pod: its status is written from this.</summary>
internal sealed class PodRecord
{
    public required ObjectKey Key { get; init; }

    public required string Uid { get; init; }

    /// <summary>The uid of the owner; empty if there is none.</summary>
    public string OwnerUid { get; init; } = "";

    /// <summary>The hash of the template it was made of: pod-template-hash or controller-revision-hash.</summary>
    public string Hash { get; set; } = "";

    public string Node { get; set; } = "";

    public string Ip { get; set; } = "";

    public string Phase { get; set; } = "Pending";

    public ContainerStage Stage { get; set; } = ContainerStage.Waiting;

    /// <summary>The reason of a wait or an end.</summary>
    public string Reason { get; set; } = "ContainerCreating";

    public int ExitCode { get; set; }

    public int Restarts { get; set; }

    public string LastReason { get; set; } = "";

    public int LastExitCode { get; set; }

    public bool Ready { get; set; }

    public bool Deleting { get; set; }

    public bool Gone { get; set; }

    /// <summary>True while a kubelet has taken it up.</summary>
    public bool Started { get; set; }

    public PodFate Fate { get; set; }

    /// <summary>How many more crashes before it recovers; negative for no recovery.</summary>
    public int CrashesLeft { get; set; } = -1;

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset ContainerStartedAt { get; set; }

    public DateTimeOffset LastStartedAt { get; set; }

    public DateTimeOffset FinishedAt { get; set; }

    public DateTimeOffset ReadyChangedAt { get; set; }

    /// <summary>Raised when plans made for the pod no longer hold.</summary>
    public int Epoch { get; set; }

    /// <summary>Its position in the list of all pods.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>True for a pod that counts for its controller.</summary>
    public bool Active => !Gone && !Deleting && Phase is not ("Succeeded" or "Failed");
}
