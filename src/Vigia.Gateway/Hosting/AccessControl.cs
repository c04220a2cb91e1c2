using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Access.Reviews;
using Vigia.Gateway.Endpoints.Status;
using Vigia.Gateway.Metrics;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Hosting;

/// <summary>Authentication and authorization of a gateway as a whole.</summary>
internal sealed class AccessControl : IAsyncDisposable
{
    private readonly IAuthenticator? _authenticator;
    private readonly AccessGate _gate;
    private readonly TicketEndpoint _tickets;

    private AccessControl(AccessOptions options, ClusterSet clusters, IAuthenticator? authenticator, TimeProvider time)
    {
        var store = new StreamTicketStore(options, time);
        _authenticator = authenticator;
        _gate = new AccessGate(options, authenticator, store, clusters, time);
        _tickets = new TicketEndpoint(store, options);
    }

    /// <summary>Creates the access control of the options.</summary>
    /// <exception cref="AccessOptionsException">
    /// The options would leave a gateway open, or contradict each other: every fault is named.
    /// </exception>
    /// <exception cref="TokenFileException">The file of tokens cannot be read or understood.</exception>
    public static AccessControl Create(GatewayOptions options, ClusterSet clusters, GatewayInstruments instruments)
    {
        var faults = options.Access.Faults(options.Listen, options.Tls is not null).ToArray();
        if (faults.Length > 0)
        {
            throw new AccessOptionsException(string.Join("; ", faults));
        }

        var logger = options.Loggers.CreateLogger<AccessControl>();
        var failures = new FailureBudget(options.Access.MaxFailedPerAddress, options.Time);
        IAuthenticator? authenticator = options.Access.Mode switch
        {
            AuthMode.Token => TokenFileAuthenticator.Open(options.Access.TokenFile!, failures, options.Time, logger),
            AuthMode.Kubernetes => new KubernetesAuthenticator(
                () => clusters.Sessions,
                options.Access,
                failures,
                instruments,
                options.Time,
                logger
            ),
            _ => null,
        };
        return new AccessControl(options.Access, clusters, authenticator, options.Time);
    }

    /// <summary>Puts the gate before every route that is mapped after, and maps its own.</summary>
    public void Map(WebApplication app)
    {
        app.Use(_gate.PassAsync);
        app.MapPost("/api/v1/tickets", _tickets.IssueAsync).WithMetadata(StatusOperations.Ticket);
    }

    /// <summary>Begins to watch what access depends on.</summary>
    public void Start() => _authenticator?.Start();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _authenticator?.DisposeAsync() ?? ValueTask.CompletedTask;
}
