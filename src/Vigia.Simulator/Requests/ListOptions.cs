using System.Globalization;

namespace Vigia.Simulator.Requests;

/// <summary>The list and watch parameters, checked by the rules of apimachinery's <c>ValidateListOptions</c>.</summary>
/// <param name="Revision">resourceVersion; null if unset.</param>
/// <param name="Exact">True if exactly that revision is to be listed.</param>
/// <param name="Limit">The page size; null for all.</param>
/// <param name="Continue">The token of the next page.</param>
internal sealed record ListOptions(long? Revision, bool Exact, long? Limit, string? Continue)
{
    public static ListOptions Read(ApiRequest request)
    {
        var match = request.Query("resourceVersionMatch") ?? "";
        var token = request.Query("continue");
        var text = request.Query("resourceVersion");
        if (request.Query("sendInitialEvents") is not null)
        {
            throw Refuse("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list");
        }

        if (match.Length > 0)
        {
            if (string.IsNullOrEmpty(text))
            {
                throw Refuse("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
            }

            if (!string.IsNullOrEmpty(token))
            {
                throw Refuse("resourceVersionMatch", "Forbidden: resourceVersionMatch is forbidden when continue is provided");
            }

            if (match is not ("Exact" or "NotOlderThan"))
            {
                throw Refuse(
                    "resourceVersionMatch",
                    $"Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
                    "FieldValueNotSupported"
                );
            }

            if (match == "Exact" && text == "0")
            {
                throw Refuse("resourceVersionMatch", "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }
        }

        var revision = ReadRevision(text);
        if (!string.IsNullOrEmpty(token) && revision is > 0)
        {
            throw StatusException.BadRequest("specifying resource version is not allowed when using continue");
        }

        var limit = request.QueryNumber("limit") is { } number && number > 0 ? number : (long?)null;
        if (revision == 0 && string.IsNullOrEmpty(token))
        {
            limit = null; // the watch cache answers resourceVersion=0, and it knows no pages
        }

        return new(
            revision,
            match == "Exact" || (match.Length == 0 && revision > 0 && limit is not null),
            limit,
            string.IsNullOrEmpty(token) ? null : token
        );
    }

    /// <summary>A resourceVersion parameter; null if unset.</summary>
    public static long? ReadRevision(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision
        : throw StatusException.BadRequest(
            $"Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax (resourceVersion)"
        );

    /// <summary>422 on one of the parameters.</summary>
    public static StatusException Refuse(string field, string message, string reason = "FieldValueForbidden") =>
        new(422, "Invalid", $"ListOptions.meta.k8s.io \"\" is invalid: {field}: {message}")
        {
            Group = "meta.k8s.io",
            Kind = "ListOptions",
            Causes = [new StatusCause(reason, message, field)],
        };
}
