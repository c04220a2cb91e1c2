using Vigia.Controllers;
using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Tests.Metrics;

public sealed class ControllerMeterTests
{
    [Fact]
    public void The_names_are_those_of_the_controllers_package() =>
        Assert.Equal(
            (WorkQueueMetrics.MeterName, ControllerMetrics.MeterName),
            (ControllerMeters.WorkQueues, ControllerMeters.Controllers)
        );
}
