using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;

namespace Vigia.Gateway.Tests.Access;

public sealed class AccessOptionsTests
{
    private static readonly Uri Loopback = new("http://127.0.0.1:8001");
    private static readonly Uri Everywhere = new("http://0.0.0.0:8001");

    [Theory]
    [InlineData(AuthMode.None, true, false, false, null)]
    [InlineData(AuthMode.None, false, false, false, "there is no authentication")]
    [InlineData(AuthMode.None, false, false, true, "there is no authentication")]
    [InlineData(AuthMode.None, false, true, false, null)]
    [InlineData(AuthMode.Kubernetes, false, false, true, null)]
    [InlineData(AuthMode.Kubernetes, false, false, false, "would receive bearer tokens unencrypted")]
    [InlineData(AuthMode.Kubernetes, false, true, false, null)]
    [InlineData(AuthMode.Kubernetes, true, false, false, null)]
    [InlineData(AuthMode.Token, true, false, false, "--token-file")]
    public void Only_what_is_safe_needs_no_word(AuthMode mode, bool loopback, bool insecure, bool tls, string? expected)
    {
        var faults = new AccessOptions { Mode = mode, Insecure = insecure }
            .Faults(loopback ? Loopback : Everywhere, tls)
            .ToArray();

        Assert.Equal(expected is null ? 0 : 1, faults.Length);
        Assert.All(faults, fault => Assert.Contains(expected!, fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gateway_that_would_be_open_to_all_does_not_start()
    {
        var error = await Assert.ThrowsAsync<AccessOptionsException>(() =>
            GatewayServer.StartAsync(new GatewayOptions { Clusters = [], Listen = Everywhere }, CancellationToken.None)
        );

        Assert.Contains("--auth kubernetes", error.Message, StringComparison.Ordinal);
    }
}
