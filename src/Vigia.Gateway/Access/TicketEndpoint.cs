using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Access;

/// <summary><c>POST /api/v1/tickets</c>: a ticket for one stream.</summary>
internal sealed class TicketEndpoint(StreamTicketStore store, AccessOptions options)
{
    public async Task IssueAsync(HttpContext context)
    {
        var caller = context.Caller();
        if (store.Issue(caller, TicketPurpose.Parse(context.Request.Query["for"].ToString())) is not { } ticket)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(options.TicketLifetime.TotalSeconds)).ToString(
                System.Globalization.CultureInfo.InvariantCulture
            );
            await Problem.WriteAsync(
                context,
                429,
                "Too many tickets",
                $"{caller.Name} has {options.MaxTicketsPerCaller} unused tickets; each is valid for "
                    + $"{options.TicketLifetime.TotalSeconds:0} s. Request a ticket just before opening a stream"
            );
            return;
        }

        context.Response.StatusCode = 201;
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("ticket"u8, ticket.Text);
                json.WriteString("expires"u8, JsonTime.Text(ticket.Expires));
                json.WriteString("user"u8, caller.Name);
                json.WriteEndObject();
            }
        );
    }
}
