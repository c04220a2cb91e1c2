using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Pages;
using Vigia.Gateway.Queries;
using Vigia.Gateway.Rest;
using Vigia.Gateway.Streams.Sse;

namespace Vigia.Gateway.Access;

/// <summary>Lets a request through once it is known who asks, and gives it his rights. Everything behind it is refused without; nothing before it shows anything.</summary>
internal sealed class AccessGate(AccessOptions options, IAuthenticator? authenticator, TicketOffice tickets, ClusterSet clusters)
{
    // Names under which tokens turn up in URLs: these end in logs, histories and referrers.
    private static readonly string[] TokenParameters = ["token", "access_token", "accessToken", "bearer", "id_token", "api_key", "authorization"];

    /// <summary>The longest token, in characters.</summary>
    public const int LongestToken = 16 * 1024;

    /// <summary>True for parameters whose values are not to be written down.</summary>
    public static bool IsSecret(string parameter) => parameter.Equals("ticket", StringComparison.OrdinalIgnoreCase) || TokenParameters.Contains(parameter, StringComparer.OrdinalIgnoreCase);

    /// <summary>The step of the pipeline.</summary>
    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        var need = AccessNeed.Of(context);
        if (need.IsOpen)
        {
            await next(context);
            return;
        }

        if (await WhoAsync(context, need) is not { } caller)
        {
            return;
        }

        // The request ends with the token: streams would otherwise outlive it.
        using var ended = caller == Caller.Anybody ? null : CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, caller.Ended);
        var rights = new RequestRights(context, caller, VerbOf(context, need), clusters);
        if (ended is not null)
        {
            context.RequestAborted = ended.Token;
        }

        context.Features.Set(caller);
        context.Features.Set<IViewRights>(rights);
        context.Features.Set(new AccessNotes());
        try
        {
            if (caller.Enter() > options.MaxOpenPerCaller && authenticator is not null)
            {
                context.Response.Headers.RetryAfter = "5";
                await RefuseAsync(context, 429, "Too many requests at a time", $"{caller.Name} has {options.MaxOpenPerCaller} requests and streams open; close some, or put several resources into one stream");
                return;
            }

            if (need.Path is { } path && !rights.IsEverything && !await caller.Rights.MayReadAsync(path, context.RequestAborted))
            {
                throw new AccessDeniedException($"user {caller.Name} may not get {path}; ask for a cluster role with the verb get on the nonResourceURL {path}");
            }

            await next(context);
        }
        catch (AccessDeniedException denied) when (!context.Response.HasStarted)
        {
            AccessOutcome.Refused(context, denied.Message);
            await Problem.WriteAsync(context, 403, "Forbidden", denied.Message);
        }
        catch (AccessUnavailableException unavailable) when (!context.Response.HasStarted)
        {
            await UnavailableAsync(context, unavailable);
        }
        finally
        {
            if (Handover.Of(context) is { } taken)
            {
                // The stream outlives its request, and has its rights until it ends.
                rights.Outlive();
                taken.Until = ended is null ? CancellationToken.None : caller.Ended;
                taken.WhenEnded(_ => Leave(caller, rights));
            }
            else
            {
                Leave(caller, rights);
            }
        }
    }

    private static void Leave(Caller caller, RequestRights rights)
    {
        rights.Dispose();
        caller.Leave();
    }

    private async Task<Caller?> WhoAsync(HttpContext context, AccessNeed need)
    {
        if (authenticator is null)
        {
            return Caller.Anybody;
        }

        var request = context.Request;
        if (Array.Find(TokenParameters, request.Query.ContainsKey) is { } parameter)
        {
            return await RefuseAsync(context, 400, "Token in the URL", $"the parameter {parameter} is refused: tokens in URLs end in logs and histories. Send the header \"Authorization: Bearer TOKEN\"; for an EventSource or WebSocket in a browser get a ticket with POST /api/v1/tickets and send ?ticket=TICKET. Take the token that was sent for known to others");
        }

        var ticket = request.Query["ticket"].ToString();
        var header = request.Headers.Authorization.ToString();
        if (ticket.Length > 0 && header.Length == 0)
        {
            return !need.AcceptsTickets ? await RefuseAsync(context, 400, "Ticket not accepted", $"tickets are for streams only; send the header \"Authorization: Bearer TOKEN\" to {request.Path}")
                : tickets.Redeem(ticket) ?? await RefuseAsync(context, 401, "Ticket not accepted", $"the ticket was used before, is older than {options.TicketLifetime.TotalSeconds:0} s, or was never given; get another with POST /api/v1/tickets");
        }

        if (header.Length == 0)
        {
            return await RefuseAsync(context, 401, "Who are you?", "this gateway asks who you are: send the header \"Authorization: Bearer TOKEN\"" + (need.AcceptsTickets ? ", or ?ticket= with a ticket from POST /api/v1/tickets" : ""));
        }

        const string Scheme = "Bearer ";
        var token = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
        if (token.Length is 0 or > LongestToken || token.Any(c => c is <= ' ' or >= (char)127))
        {
            return await RefuseAsync(context, 401, "Not a bearer token", "the header Authorization has to be \"Bearer TOKEN\"");
        }

        try
        {
            var (caller, reason) = await authenticator.AuthenticateAsync(token, context.RequestAborted);
            return caller ?? await RefuseAsync(context, 401, "Token not accepted", reason);
        }
        catch (AccessUnavailableException unavailable)
        {
            await UnavailableAsync(context, unavailable);
            return null;
        }
    }

    private static async Task<Caller?> RefuseAsync(HttpContext context, int status, string title, string detail)
    {
        AccessOutcome.Refused(context, detail);
        if (status == 401)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"vigia\"";
            if (SignInPage.IsMeant(context.Request))
            {
                await SignInPage.WriteAsync(context);
                return null;
            }
        }

        await Problem.WriteAsync(context, status, title, detail);
        return null;
    }

    private static async Task UnavailableAsync(HttpContext context, AccessUnavailableException unavailable)
    {
        AccessOutcome.Refused(context, unavailable.Message);
        context.Response.Headers.RetryAfter = "2";
        await Problem.WriteAsync(context, 503, "Access cannot be checked", unavailable.Message);
    }

    /// <summary>A list that is watched is a stream.</summary>
    private static AccessVerb VerbOf(HttpContext context, AccessNeed need)
        => need.Verb == AccessVerb.List && context.Request.Query["watch"].ToString() is "true" or "1" or "True" ? AccessVerb.Watch : need.Verb;
}
