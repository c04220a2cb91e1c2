using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;
using Vigia.Gateway.Pages;
using Vigia.Live.Clusters;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>
/// Authenticates a request and attaches the caller's rights. Everything behind it requires them; nothing in front of it
/// shows data.
/// </summary>
internal sealed class AccessGate(
    AccessOptions options,
    IAuthenticator? authenticator,
    StreamTicketStore tickets,
    ClusterSet clusters,
    TimeProvider time
)
{
    // Names under which tokens turn up in URLs: these end in logs, histories and referrers.
    private static readonly string[] TokenParameters =
    [
        "token",
        "access_token",
        "access-token",
        "accessToken",
        "refresh_token",
        "bearer",
        "bearer_token",
        "id_token",
        "jwt",
        "api_key",
        "apikey",
        "auth",
        "authorization",
        "password",
        "secret",
    ];

    /// <summary>The longest token, in characters.</summary>
    public const int LongestToken = 16 * 1024;

    private const int LongestForwarded = 256;

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
        using var ended =
            caller == Caller.Anybody ? null : CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, caller.Ended);
        var rights = new RequestRights(context, caller, VerbOf(context, need), clusters);
        if (ended is not null)
        {
            context.RequestAborted = ended.Token;
        }

        context.Features.Set(caller);
        context.Features.Set<IViewRights>(rights);
        var notes = new AccessNotes();
        context.Features.Set(notes);
        if (
            RequestClusters.Of(context.Request, clusters) is null
            && clusters.Sessions.Count(session => !caller.Rights.Covers(session.Name)) is > 0 and var others
        )
        {
            notes.Incomplete(
                context,
                $"{others} of this gateway's clusters are left out, since the token is not sent to them; name one with ?cluster=NAME"
            );
        }

        try
        {
            if (caller.Enter() > options.MaxOpenPerCaller && authenticator is not null)
            {
                context.Response.Headers.RetryAfter = "5";
                await RefuseAsync(
                    context,
                    429,
                    "Too many open requests",
                    $"{caller.Name} has {options.MaxOpenPerCaller} requests and streams open; "
                        + $"close some, or put several resources into one stream"
                );
                return;
            }

            if (need.Path is { } path && !rights.IsEverything && !await caller.Rights.MayReadAsync(path, context.RequestAborted))
            {
                throw new AccessDeniedException(
                    $"user {caller.Name} may not get {path}; ask for a cluster role with the verb get on the nonResourceURL {path}"
                );
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
            await UnavailableAsync(context, unavailable, unavailable.Message);
        }
        finally
        {
            if (ConnectionTakeover.Of(context) is { } taken)
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
            return await RefuseAsync(
                context,
                400,
                "Token in the URL",
                $"the parameter {parameter} is refused, because URLs end up in logs and browser histories. Send the "
                    + "header \"Authorization: Bearer TOKEN\"; for an EventSource or WebSocket in a browser get a ticket "
                    + "with POST /api/v1/tickets?for=PATH and send ?ticket=TICKET. Treat the token that was sent as "
                    + "compromised"
            );
        }

        var ticket = request.Query["ticket"].ToString();
        var hasHeader = request.Headers.Authorization.ToString().Length > 0;
        if (ticket.Length > 0 && !hasHeader)
        {
            return !need.AcceptsTickets
                ? await RefuseAsync(
                    context,
                    400,
                    "Ticket not accepted",
                    $"tickets are for streams only; send the header \"Authorization: Bearer TOKEN\" to {request.Path}"
                )
                : tickets.Redeem(ticket, request)
                    ?? await RefuseAsync(
                        context,
                        401,
                        "Ticket not accepted",
                        "the ticket is used, unknown, for another stream, or older than "
                            + $"{options.TicketLifetime.TotalSeconds:0} s; get a new one with POST /api/v1/tickets?for=PATH"
                    );
        }

        if (!hasHeader)
        {
            return await RefuseAsync(
                context,
                401,
                "Authentication required",
                "send the header \"Authorization: Bearer TOKEN\""
                    + (need.AcceptsTickets ? ", or ?ticket= with a ticket from POST /api/v1/tickets?for=PATH" : ""),
                offersSignIn: true
            );
        }

        try
        {
            if (Present(request) is not { } presented)
            {
                return await RefuseAsync(context, 401, "Not a bearer token", "the header Authorization must be \"Bearer TOKEN\"");
            }

            var found = await authenticator.AuthenticateAsync(presented, context.RequestAborted);
            if (found.Caller is { } caller)
            {
                return caller;
            }

            if (found.HoldBack > TimeSpan.Zero)
            {
                // A thousand waiting requests must hold little memory; the audit log names the forwarding address.
                presented = default;
                var forwardedFor = request.Headers["X-Forwarded-For"].ToString();
                request.Headers.Clear();
                request.Headers["X-Forwarded-For"] =
                    forwardedFor.Length <= LongestForwarded ? forwardedFor : forwardedFor[..LongestForwarded];
                await Task.Delay(found.HoldBack, time, context.RequestAborted);
            }

            if (found.RetryAfterSeconds > 0)
            {
                context.Response.Headers.RetryAfter = found.RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            return await RefuseAsync(context, found.Status, found.Title, found.Reason, found.Detail);
        }
        catch (AccessUnavailableException unavailable)
        {
            // An unauthenticated caller learns nothing about the clusters.
            await UnavailableAsync(context, unavailable, "the token cannot be reviewed now; try again");
            return null;
        }
    }

    /// <summary>
    /// The token of a request, removed from its headers: a long secret is not kept for as long as a stream is open.
    /// Null if it is not a bearer token.
    /// </summary>
    private PresentedToken? Present(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        var token = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
        if (token.Length is 0 or > LongestToken || token.Any(c => c is <= ' ' or >= (char)127))
        {
            return null;
        }

        request.Headers.Authorization = default;
        return new PresentedToken(
            token,
            RequestClusters.Of(request, clusters),
            FailureBudget.KeyOf(request.HttpContext.Connection.RemoteIpAddress)
        );
    }

    private static async Task<Caller?> RefuseAsync(
        HttpContext context,
        int status,
        string title,
        string detail,
        string? toLog = null,
        bool offersSignIn = false
    )
    {
        AccessOutcome.Refused(context, toLog ?? detail);
        if (status == 401)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"vigia\"";
            if (offersSignIn && SignInPage.IsMeant(context.Request))
            {
                await SignInPage.WriteAsync(context);
                return null;
            }
        }

        await Problem.WriteAsync(context, status, title, detail);
        return null;
    }

    private static async Task UnavailableAsync(HttpContext context, AccessUnavailableException unavailable, string told)
    {
        AccessOutcome.Refused(context, unavailable.Message);
        var backlog = unavailable as AccessBacklogException;
        context.Response.Headers.RetryAfter = (backlog?.RetryAfterSeconds ?? 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await Problem.WriteAsync(
            context,
            backlog is null ? 503 : 429,
            backlog is null ? "Access check unavailable" : "Too many access reviews",
            told
        );
    }

    /// <summary>A list that is watched is a stream.</summary>
    private static AccessVerb VerbOf(HttpContext context, AccessNeed need) =>
        need.Verb == AccessVerb.List && context.Request.Query["watch"].ToString() is "true" or "1" or "True" ? AccessVerb.Watch : need.Verb;
}
