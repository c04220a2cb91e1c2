using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Describe;
using Vigia.Gateway.Endpoints.Events;
using Vigia.Gateway.Endpoints.KubernetesApi;
using Vigia.Gateway.Endpoints.Lists;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Endpoints.OpenApi;
using Vigia.Gateway.Endpoints.Presets;
using Vigia.Gateway.Endpoints.Relations;
using Vigia.Gateway.Endpoints.Sse;
using Vigia.Gateway.Endpoints.Status;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.Http;
using Vigia.Gateway.OpenApi;
using Vigia.Gateway.Pages;
using Vigia.Gateway.Telemetry;

namespace Vigia.Gateway.Hosting;

/// <summary>The way of a request: what it passes, in this order, and where it ends.</summary>
internal static class GatewayPipeline
{
    /// <summary>Adds the middleware: first what counts and limits, then what refuses, last who may.</summary>
    public static void UseGateway(this WebApplication app, GatewayOptions options)
    {
        var services = app.Services;
        var refusals = services.GetRequiredService<RefusalLog>();
        refusals.Listen(services.GetRequiredService<System.Diagnostics.DiagnosticListener>());
        app.Use(services.GetRequiredService<ConnectionLimiter>().InvokeAsync);
        app.Use(refusals.InvokeAsync);
        app.Use(services.GetRequiredService<RequestTimes>().MeasureAsync);
        if (services.GetService<AuditTrail>() is { } trail)
        {
            app.Use(trail.FollowAsync);
        }

        app.Use(services.GetRequiredService<RefusalAnswers>().InvokeAsync);
        app.Use(
            (context, next) =>
            {
                // An answer is what its type says, whatever it looks like to a browser.
                context.Response.Headers.XContentTypeOptions = "nosniff";
                return next(context);
            }
        );
        var kubernetes = services.GetRequiredService<KubernetesApi>();
        app.Use(kubernetes.MarkAsync);
        if (HostPolicy.Create(options.Access, options.Listen) is { } hosts)
        {
            app.Use(hosts.InvokeAsync);
        }

        app.Use(ImpersonationPolicy.InvokeAsync);
        app.Use(new OriginPolicy(options.Sockets.AllowedOrigins).InvokeAsync);
        services.GetRequiredService<AccessControl>().Map(app);
        app.Use(kubernetes.InvokeAsync);
        app.Use(services.GetRequiredService<ParameterCheck>().InvokeAsync);
    }

    /// <summary>Adds the routes of all endpoints.</summary>
    public static void MapGateway(this WebApplication app)
    {
        var services = app.Services;
        app.MapRead("/", IndexPage.WriteAsync).WithMetadata(StatusOperations.Page);
        services.GetRequiredService<StatusEndpoints>().Map(app);
        services.GetRequiredService<HealthEndpoints>().Map(app);
        services.GetRequiredService<ListEndpoint>().Map(app);
        services.GetRequiredService<StreamEndpoints>().Map(app);
        services.GetRequiredService<SocketEndpoint>().Map(app);
        services.GetRequiredService<PresetEndpoints>().Map(app);
        services.GetRequiredService<RelationEndpoints>().Map(app);
        services.GetRequiredService<ObjectEventEndpoint>().Map(app);
        services.GetRequiredService<DescribeEndpoint>().Map(app);
        services.GetRequiredService<ApiEndpoint>().Map(app);
        services.GetRequiredService<Lazy<MetricsEndpoint>>().Value.Map(app);
        app.MapFallback("{**path}", services.GetRequiredService<UnmatchedEndpoint>().AnswerAsync);
    }
}
