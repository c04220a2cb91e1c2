namespace Vigia.Gateway.Metrics;

/// <summary>The meters of controllers that run in this process, if an operator hosts the gateway.</summary>
/// <remarks>By name: a gateway needs no controllers. Held equal to the names in Vigia.Controllers by a test.</remarks>
internal static class ControllerMeters
{
    /// <summary>Work queues.</summary>
    public const string WorkQueues = "Vigia.Controllers.WorkQueues";

    /// <summary>Controllers.</summary>
    public const string Controllers = "Vigia.Controllers";
}
