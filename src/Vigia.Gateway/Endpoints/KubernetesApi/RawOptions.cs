using System.Globalization;
using Microsoft.AspNetCore.Http;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The options of a list, a get or a watch, checked by the rules of apimachinery's <c>ValidateListOptions</c>: an
/// option that cannot be honoured is refused as a server refuses it.
/// </summary>
/// <param name="IsWatch">True for a watch.</param>
/// <param name="Revision">The resourceVersion; none if it is not given.</param>
/// <param name="IsExact">True if the state at exactly this revision is wanted.</param>
/// <param name="SendsInitialEvents">True if a watch begins with all that exists and marks its end.</param>
/// <param name="Bookmarks">True if bookmarks are wanted.</param>
/// <param name="Timeout">How long a watch lasts; null if the server decides.</param>
internal sealed record RawOptions(
    bool IsWatch,
    ResourceVersion Revision,
    bool IsExact,
    bool SendsInitialEvents,
    bool Bookmarks,
    TimeSpan? Timeout
)
{
    private const long LongestWatch = 86_400;

    /// <summary>The maximum number of objects in a list; 0 for all.</summary>
    public long Limit { get; init; }

    /// <summary>The continue token of a list; null at the start.</summary>
    public ContinueToken? Continue { get; init; }

    /// <summary>Reads the options.</summary>
    /// <exception cref="StatusRefusal">They cannot be understood, or contradict each other.</exception>
    public static RawOptions Read(HttpRequest request, KubernetesPath path)
    {
        var query = request.Query;
        var isWatch = (path.IsWatch || Flag(query, "watch") == true) && !HttpMethods.IsHead(request.Method);
        var revision = Text(query, "resourceVersion");
        if (revision.Length > 0 && !ulong.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new StatusRefusal(
                StatusAnswer.BadRequest(
                    $"invalid resource version \"{revision}\": strconv.ParseUint: parsing \"{revision}\": invalid syntax"
                )
            );
        }

        var limit = Number(query, "limit") ?? 0;
        var seconds = Number(query, "timeoutSeconds");
        if (seconds is < 0 or > LongestWatch)
        {
            throw new StatusRefusal(StatusAnswer.BadRequest($"timeoutSeconds: '{seconds}' is not a number of seconds up to a day"));
        }

        var match = Text(query, "resourceVersionMatch");
        var token = Text(query, "continue");
        var sends = Flag(query, "sendInitialEvents");
        var bookmarks = Flag(query, "allowWatchBookmarks") == true;
        if (isWatch)
        {
            CheckWatch(match, sends, bookmarks);
        }
        else
        {
            CheckList(revision, match, token, sends);
        }

        // A limit with a revision and without resourceVersionMatch is the old way to request exactly that revision.
        var isExact =
            !isWatch && revision is not ("" or "0") && (match == "Exact" || (match.Length == 0 && limit > 0 && path.Name is null));
        return new(
            isWatch,
            ResourceVersion.Parse(revision),
            isExact,
            isWatch && sends == true,
            bookmarks,
            seconds > 0 ? TimeSpan.FromSeconds(seconds.Value) : null
        )
        {
            // A client that accepts any revision receives the whole list from memory, as from a server's watch cache.
            Limit = revision == "0" ? 0 : Math.Max(0, limit),
            Continue = !isWatch && path.Name is null && token.Length > 0 ? ContinueToken.Parse(token) : null,
        };
    }

    private static void CheckWatch(string match, bool? sends, bool bookmarks)
    {
        if (sends is null)
        {
            if (match.Length > 0)
            {
                throw new StatusRefusal(
                    StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                    )
                );
            }

            return;
        }

        if (match != "NotOlderThan")
        {
            throw new StatusRefusal(
                match.Length == 0
                    ? StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                    )
                    : StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        $"Unsupported value: \"{match}\": supported values: \"NotOlderThan\"",
                        "FieldValueNotSupported"
                    )
            );
        }

        if (sends == true && !bookmarks)
        {
            throw new StatusRefusal(
                StatusAnswer.InvalidOptions("allowWatchBookmarks", "Forbidden: sendInitialEvents requires allowWatchBookmarks")
            );
        }
    }

    private static void CheckList(string revision, string match, string token, bool? sends)
    {
        if (sends is not null)
        {
            throw new StatusRefusal(StatusAnswer.InvalidOptions("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"));
        }

        if (match.Length > 0)
        {
            if (revision.Length == 0)
            {
                throw new StatusRefusal(
                    StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
                    )
                );
            }

            if (token.Length > 0)
            {
                throw new StatusRefusal(
                    StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        "Forbidden: resourceVersionMatch is forbidden when continue is provided"
                    )
                );
            }

            if (match is not ("Exact" or "NotOlderThan"))
            {
                throw new StatusRefusal(
                    StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        $"Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
                        "FieldValueNotSupported"
                    )
                );
            }

            if (match == "Exact" && revision == "0")
            {
                throw new StatusRefusal(
                    StatusAnswer.InvalidOptions(
                        "resourceVersionMatch",
                        "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
                    )
                );
            }
        }

        if (token.Length > 0 && revision is not ("" or "0"))
        {
            throw new StatusRefusal(StatusAnswer.BadRequest("specifying resource version is not allowed when using continue"));
        }
    }

    private static string Text(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values[0] ?? "" : "";

    /// <summary>
    /// As apimachinery reads a flag: there without a value is true, <c>0</c> and <c>false</c> are false; null if it
    /// is not there.
    /// </summary>
    private static bool? Flag(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values)
            ? !(values[0] is "0" || string.Equals(values[0], "false", StringComparison.OrdinalIgnoreCase))
            : null;

    private static long? Number(IQueryCollection query, string name)
    {
        var text = Text(query, name);
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : throw new StatusRefusal(StatusAnswer.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax ({name})"));
    }
}
