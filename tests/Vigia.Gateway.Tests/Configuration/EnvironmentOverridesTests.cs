using Microsoft.Extensions.Configuration;
using Vigia.Gateway.Access;
using Vigia.Gateway.Configuration;

namespace Vigia.Gateway.Tests.Configuration;

/// <summary>Environment variables win over files, and are checked as files are.</summary>
public sealed class EnvironmentOverridesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-config");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_variable_wins_over_every_file_and_leaves_the_other_keys_to_them()
    {
        var file = Path.Combine(_folder.FullName, "vigia.yaml");
        File.WriteAllText(file, "streams: {heartbeat: 30s, maxStreams: 7}\nsockets: {allowedOrigins: [https://a.example]}\n");

        var configuration = ConfigurationFile.Load(
            [file],
            Variables(
                ("streams:heartbeat", "5s"),
                ("SOCKETS:ALLOWEDORIGINS:0", "https://b.example"),
                ("Sockets:AllowedOrigins:1", "https://c.example"),
                ("LISTEN", "http://127.0.0.1:9001")
            )
        );

        Assert.Equal(TimeSpan.FromSeconds(5), configuration.Streams.Heartbeat);
        Assert.Equal(7, configuration.Streams.MaxStreams);
        Assert.Equal(["https://b.example", "https://c.example"], configuration.Sockets.AllowedOrigins);
        Assert.Equal(9001, configuration.Listen.Port);
    }

    [Fact]
    public void Without_a_file_variables_are_enough_and_an_empty_one_counts_as_not_set()
    {
        var configuration = ConfigurationFile.Load([], Variables(("ACCESS:MODE", "Kubernetes"), ("STREAMS:HEARTBEAT", "")));
        Assert.Equal(AuthMode.Kubernetes, configuration.Access.Mode);
        Assert.Equal(new GatewayConfiguration().Streams.Heartbeat, configuration.Streams.Heartbeat);
    }

    [Theory]
    [InlineData("ACESS:MODE", "token", "VIGIA__ACESS: unknown key, did you mean 'access'?")]
    [InlineData("ACCESS:MOD", "token", "VIGIA__ACCESS__MOD: unknown key, did you mean 'mode'?")]
    [InlineData("ACCESS:MODE", "oidc", "VIGIA__ACCESS__MODE: 'oidc' is not one of none, token, kubernetes")]
    [InlineData("ACCESS", "token", "VIGIA__ACCESS: is a section: expected keys below it")]
    [InlineData("STREAMS:HEARTBEAT", "5", "VIGIA__STREAMS__HEARTBEAT: '5' is not a duration")]
    [InlineData("RESOURCES:0:NAME", "widgets", "VIGIA__RESOURCES: resources cannot be set by the environment; put it in a file")]
    public void A_fault_names_the_variable(string key, string value, string expected)
    {
        var faults = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load([], Variables((key, value)))).Faults;
        Assert.StartsWith(expected, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_beside_the_keys_of_its_section_is_refused()
    {
        var values = Variables(("SOCKETS:ALLOWEDORIGINS", "https://a.example"), ("SOCKETS:ALLOWEDORIGINS:0", "https://b.example"));
        var faults = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load([], values)).Faults;
        Assert.Equal(
            "VIGIA__SOCKETS__ALLOWEDORIGINS: 'https://a.example' has no meaning beside VIGIA__SOCKETS__ALLOWEDORIGINS__0: "
                + "unset one of them",
            Assert.Single(faults)
        );
    }

    [Fact]
    public void Every_key_has_a_variable_of_its_own()
    {
        var variables = ConfigurationFile.Keys().Select(key => EnvironmentOverrides.VariableOf(key.Path)).ToArray();
        Assert.Contains("VIGIA__ACCESS__MODE", variables);
        Assert.Equal(variables.Length, variables.Distinct().Count());
    }

    private static IConfiguration Variables(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value)))
            .Build();
}
