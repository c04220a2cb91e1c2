using System.Collections.Immutable;

namespace Vigia.Simulator;

/// <summary>
/// The rights of users. They may be changed while the server is running, and apply from the next request on.
/// Thread-safe.
/// </summary>
public sealed class AccessRules
{
    private const string AnonymousName = "system:anonymous";
    private ImmutableDictionary<string, SimulatedUser> _users;
    private volatile IReadOnlyList<PolicyRule> _anonymous;

    private readonly TimeProvider _time;

    internal AccessRules(IReadOnlyList<SimulatedUser> users, IReadOnlyList<PolicyRule> anonymous, TimeProvider time)
    {
        _time = time;
        _users = users.ToImmutableDictionary(u => u.Name, StringComparer.Ordinal);
        _anonymous = anonymous;
    }

    /// <summary>The rights of requests without credentials.</summary>
    public IReadOnlyList<PolicyRule> Anonymous
    {
        get => _anonymous;
        set => _anonymous = value;
    }

    /// <summary>The users.</summary>
    public IEnumerable<SimulatedUser> Users => _users.Values;

    /// <summary>Adds a user, or replaces the one of that name.</summary>
    public void Set(SimulatedUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        ImmutableInterlocked.Update(ref _users, users => users.SetItem(user.Name, user));
    }

    /// <summary>Removes a user: its token is refused from now on.</summary>
    public void Remove(string name) => ImmutableInterlocked.Update(ref _users, users => users.Remove(name));

    internal SimulatedUser? ByToken(string token) =>
        _users.Values.FirstOrDefault(u => u.Token == token && !(u.Expires <= _time.GetUtcNow()));

    internal SimulatedUser? ByName(string name) => _users.GetValueOrDefault(name);

    /// <summary>The user behind an Authorization header.</summary>
    internal SimulatedUser Authenticate(string? authorization)
    {
        if (string.IsNullOrEmpty(authorization))
        {
            return _anonymous.Count > 0
                ? new SimulatedUser
                {
                    Name = AnonymousName,
                    Groups = ["system:unauthenticated"],
                    Rules = _anonymous,
                }
                : throw Unauthorized();
        }

        return authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && ByToken(authorization[7..].Trim()) is { } user
            ? user
            : throw Unauthorized();
    }

    internal static bool Allows(SimulatedUser user, in AccessAttributes request)
    {
        foreach (var rule in user.Rules.Concat(PolicyRule.Basic))
        {
            if (rule.Allows(request))
            {
                return true;
            }
        }

        return false;
    }

    internal static void Demand(SimulatedUser user, AccessAttributes request, ResourceType? type)
    {
        if (Allows(user, request))
        {
            return;
        }

        if (request.Path is { } path)
        {
            throw new StatusException(403, "Forbidden", $"forbidden: User \"{user.Name}\" cannot {request.Verb} path \"{path}\"");
        }

        var resource = request.Subresource is null ? request.Resource : $"{request.Resource}/{request.Subresource}";
        var subject = request.Group.Length == 0 ? request.Resource : $"{request.Resource}.{request.Group}";
        subject += request.Name is null ? "" : $" \"{request.Name}\"";
        var where = request.Namespace is { Length: > 0 } ns ? $"in the namespace \"{ns}\"" : "at the cluster scope";
        throw new StatusException(
            403,
            "Forbidden",
            $"{subject} is forbidden: User \"{user.Name}\" cannot {request.Verb} resource \"{resource}\" in API group \"{request.Group}\" "
                + $"{where}"
        )
        {
            Name = request.Name,
            Group = request.Group,
            Kind = type?.Plural ?? request.Resource,
        };
    }

    private static StatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");
}
