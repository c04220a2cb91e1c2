using System.Text;
using Vigia.Catalog.Rows;

namespace Vigia.Gateway.Tests.Metrics.Objects;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1.5", 1.5)]
    [InlineData("100m", 0.1)]
    [InlineData("1230m", 1.23)]
    [InlineData("250u", 0.00025)]
    [InlineData("7n", 0.000000007)]
    [InlineData("-2", -2)]
    [InlineData("3k", 3000)]
    [InlineData("128Mi", 134217728)]
    [InlineData("1Ei", 1152921504606846976)]
    [InlineData("2E", 2e18)]
    [InlineData("2e3", 2000)]
    [InlineData("2E-3", 0.002)]
    public void Quantities_are_read_as_api_servers_read_them(string text, double expected)
    {
        Assert.True(Quantity.TryParse(Encoding.UTF8.GetBytes(text), out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Mi")]
    [InlineData("1mi")]
    [InlineData("1Kib")]
    [InlineData("1 Gi")]
    [InlineData("a1")]
    public void What_is_none_is_refused(string text) => Assert.False(Quantity.TryParse(Encoding.UTF8.GetBytes(text), out _));
}
