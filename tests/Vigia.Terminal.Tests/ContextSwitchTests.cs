namespace Vigia.Terminal.Tests;

/// <summary>Another context is looked at where one was: in the same namespace, with the same filter.</summary>
public sealed class ContextSwitchTests
{
    [Fact]
    public async Task Namespace_and_filter_are_kept()
    {
        await using var app = await AppFixture.StartAsync();
        await app.CommandAsync("po kube-system @other one /web", "pods in kube-system [0]");
        await app.UntilAsync("vigia other one");
        await app.UntilAsync("/web");
        await app.CommandAsync("ctx simulator", "vigia simulator");
        await app.UntilAsync("pods in kube-system [0]");
        await app.UntilAsync("/web");
    }
}
