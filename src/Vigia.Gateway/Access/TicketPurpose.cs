using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Access;

/// <summary>
/// The stream that a ticket is for: its path, and parameters that the stream's request has to have with the same
/// values.
/// </summary>
internal sealed record TicketPurpose(string Path, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    private const int Longest = 4096;

    /// <summary>Reads it.</summary>
    /// <exception cref="QueryException">It is not the address of a stream.</exception>
    public static TicketPurpose Parse(string text)
    {
        if (text.Length == 0)
        {
            throw new QueryException("for", "name the stream that the ticket is for: POST /api/v1/tickets?for=/api/v1/pods/stream");
        }

        var mark = text.IndexOf('?', StringComparison.Ordinal);
        var path = (mark < 0 ? text : text[..mark]).TrimEnd('/');
        if (text.Length > Longest || !path.StartsWith('/') || !AccessNeed.Of(path).AcceptsTickets)
        {
            throw new QueryException(
                "for",
                "expected the path of a stream, for example /api/v1/pods/stream or /api/v1/ws, with or without parameters"
            );
        }

        var parameters =
            mark < 0 ? [] : QueryHelpers.ParseQuery(text[mark..]).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString()));
        return new(path, [.. parameters]);
    }

    /// <summary>
    /// True for the stream's request. Additional parameters are allowed: the cursor, the shape of changes.
    /// </summary>
    public bool Fits(HttpRequest request) =>
        string.Equals(request.Path.Value?.TrimEnd('/'), Path, StringComparison.OrdinalIgnoreCase)
        && Parameters.All(parameter => request.Query[parameter.Key].ToString() == parameter.Value);
}
