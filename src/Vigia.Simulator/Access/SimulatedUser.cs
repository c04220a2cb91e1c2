namespace Vigia.Simulator;

/// <summary>A user of the simulated API server.</summary>
public sealed record SimulatedUser
{
    /// <summary>May do everything; token <c>admin-token</c>.</summary>
    public static SimulatedUser Admin { get; } =
        new()
        {
            Name = "admin",
            Token = "admin-token",
            Groups = ["system:masters"],
            Rules = [PolicyRule.Everything],
        };

    /// <summary>
    /// May read pods and events of namespace <c>default</c>, and nothing else; token <c>limited-token</c>.
    /// </summary>
    public static SimulatedUser Limited { get; } =
        new()
        {
            Name = "limited",
            Token = "limited-token",
            Rules =
            [
                new PolicyRule
                {
                    Verbs = ["get", "list", "watch"],
                    ApiGroups = [""],
                    Resources = ["pods", "events"],
                    Namespaces = ["default"],
                },
            ],
        };

    /// <summary>The user's name.</summary>
    public required string Name { get; init; }

    /// <summary>The bearer token; null if the user cannot sign in by one.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// When the token expires, by the simulator's clock; null (default) for never. Watches that are open then continue,
    /// as with a real server.
    /// </summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The user's groups, in addition to <c>system:authenticated</c>.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The user's rights, in addition to those of all users.</summary>
    public IReadOnlyList<PolicyRule> Rules { get; init; } = [];
}

/// <summary>The verb and target of a request.</summary>
internal readonly record struct AccessAttributes(
    string Verb,
    string Group,
    string Resource,
    string? Subresource,
    string? Namespace,
    string? Name,
    string? Path
);
