using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Access;

/// <summary>
/// Tickets: valid once, for one caller and one stream, for a short time. A browser puts one into a URL instead of a
/// token.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> If two requests use the same ticket, one of them succeeds. Kept as digests, so a memory dump
/// contains no usable ticket. Bounded per caller. Thread-safe.
/// </remarks>
internal sealed class StreamTicketStore(AccessOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Ticket> _tickets = new(StringComparer.Ordinal);

    /// <summary>Tickets that are good now, or were forgotten to be used.</summary>
    public int Outstanding => _tickets.Count;

    /// <summary>A new ticket and its end; null if the caller has too many unused ones.</summary>
    public (string Text, DateTimeOffset Expires)? Issue(Caller caller, TicketPurpose purpose)
    {
        var now = time.GetUtcNow();
        var own = 0;
        foreach (var (key, ticket) in _tickets)
        {
            if (ticket.Expires <= now)
            {
                _tickets.TryRemove(key, out _);
            }
            else if (ReferenceEquals(ticket.Caller, caller))
            {
                own++;
            }
        }

        if (own >= options.MaxTicketsPerCaller)
        {
            return null;
        }

        var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var expires = now + options.TicketLifetime;
        _tickets[Digest(text)] = new Ticket(caller, purpose, expires);
        return (text, expires);
    }

    /// <summary>
    /// Takes a ticket: whose it is, or null if it is not good (any more) or is for another stream.
    /// </summary>
    public Caller? Redeem(string text, HttpRequest request) =>
        _tickets.TryRemove(Digest(text), out var ticket)
        && ticket.Expires > time.GetUtcNow()
        && !ticket.Caller.Ended.IsCancellationRequested
        && ticket.Purpose.Fits(request)
            ? ticket.Caller
            : null;

    private static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Ticket(Caller Caller, TicketPurpose Purpose, DateTimeOffset Expires);
}
