using System.Text.Json.Nodes;

namespace Vigia.Simulator;

/// <summary>
/// A refusal in the API server's form: a <c>metav1.Status</c> with code, reason, message and details.
/// </summary>
public sealed class StatusException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The HTTP status code.</param>
    /// <param name="reason">The machine-readable reason, as <c>NotFound</c>.</param>
    /// <param name="message">The sentence for people.</param>
    public StatusException(int code, string reason, string message)
        : base(message)
    {
        Code = code;
        Reason = reason;
    }

    /// <summary>The HTTP status code.</summary>
    public int Code { get; }

    /// <summary>The machine-readable reason, as <c>AlreadyExists</c>; empty for none.</summary>
    public string Reason { get; }

    /// <summary>The object's name, for <c>details.name</c>.</summary>
    public string? Name { get; init; }

    /// <summary>The resource's group, for <c>details.group</c>.</summary>
    public string? Group { get; init; }

    /// <summary>The resource's plural or kind, for <c>details.kind</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Seconds, for <c>details.retryAfterSeconds</c> and the Retry-After header; null for none.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>A new token to continue an inconsistent list, when a continue token has expired.</summary>
    public string? Continue { get; init; }

    /// <summary>
    /// True to send details even if they are empty: programs (for example kubectl debug) read them without a check.
    /// </summary>
    internal bool HasDetails { get; init; }

    /// <summary>Causes: the errors by field.</summary>
    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    /// <summary>404 <c>pods "x" not found</c>.</summary>
    public static StatusException NotFound(ResourceType type, string name) =>
        new(404, "NotFound", $"{type.Gvr.GroupResource} \"{name}\" not found")
        {
            Name = name,
            Group = type.Group,
            Kind = type.Plural,
        };

    /// <summary>405: the method is not served there.</summary>
    internal static StatusException NotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") { HasDetails = true };

    /// <summary>404 for a path that nothing serves.</summary>
    public static StatusException NoSuchPath() =>
        new(404, "NotFound", "the server could not find the requested resource") { HasDetails = true };

    /// <summary>409 <c>pods "x" already exists</c>.</summary>
    public static StatusException AlreadyExists(ResourceType type, string name) =>
        new(409, "AlreadyExists", $"{type.Gvr.GroupResource} \"{name}\" already exists")
        {
            Name = name,
            Group = type.Group,
            Kind = type.Plural,
        };

    /// <summary>409 with the reason why the write lost.</summary>
    public static StatusException Conflict(ResourceType type, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {type.Gvr.GroupResource} \"{name}\": {why}")
        {
            Name = name,
            Group = type.Group,
            Kind = type.Plural,
        };

    /// <summary>422 with the errors by field.</summary>
    public static StatusException Invalid(ResourceType type, string name, params StatusCause[] causes)
    {
        var told = causes.Select(c => $"{c.Field}: {c.Message}").ToArray();
        var list = told.Length == 1 ? told[0] : $"[{string.Join(", ", told)}]";
        return new(422, "Invalid", $"{type.Kind}{(type.Group.Length == 0 ? "" : "." + type.Group)} \"{name}\" is invalid: {list}")
        {
            Name = name,
            Group = type.Group,
            Kind = type.Kind,
            Causes = causes,
        };
    }

    /// <summary>400 with the reason.</summary>
    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>410: history, or a continue token, is gone.</summary>
    public static StatusException Expired(string message) => new(410, "Expired", message);

    /// <summary>The <c>metav1.Status</c>.</summary>
    public JsonObject ToJson()
    {
        var metadata = new JsonObject();
        if (Continue is not null)
        {
            metadata["continue"] = Continue;
        }

        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = metadata,
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason.Length > 0)
        {
            status["reason"] = Reason;
        }

        var details = new JsonObject();
        Add("name", Name);
        Add("group", Group);
        Add("kind", Kind);
        if (Causes.Count > 0)
        {
            details["causes"] = new JsonArray([.. Causes.Select(c => (JsonNode)c.ToJson())]);
        }

        if (RetryAfterSeconds is { } seconds)
        {
            details["retryAfterSeconds"] = seconds;
        }

        if (details.Count > 0 || HasDetails)
        {
            status["details"] = details;
        }

        status["code"] = Code;
        return status;

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                details[key] = value;
            }
        }
    }
}

/// <summary>One cause of a refusal.</summary>
/// <param name="Reason">As <c>FieldValueRequired</c>; empty for none.</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="Field">As <c>spec.replicas</c>; empty if no field is to blame.</param>
public sealed record StatusCause(string Reason, string Message, string Field = "")
{
    /// <summary>A value that is not allowed.</summary>
    public static StatusCause Wrong(string field, string value, string why) =>
        new("FieldValueInvalid", $"Invalid value: {value}: {why}", field);

    /// <summary>A value that is missing.</summary>
    public static StatusCause Required(string field, string? why = null) =>
        new("FieldValueRequired", why is null ? "Required value" : $"Required value: {why}", field);

    internal JsonObject ToJson()
    {
        var cause = new JsonObject();
        if (Reason.Length > 0)
        {
            cause["reason"] = Reason;
        }

        cause["message"] = Message;
        if (Field.Length > 0)
        {
            cause["field"] = Field;
        }

        return cause;
    }
}
