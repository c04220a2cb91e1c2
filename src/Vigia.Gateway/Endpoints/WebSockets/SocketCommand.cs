using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>
/// A message of a client: <c>{"type": "subscribe" | "unsubscribe" | "ping", "id", …}</c>. Members of a subscribe have
/// the names and meanings of the parameters in a stream's URL.
/// </summary>
/// <remarks>
/// A parameter may be a text, a number or a list of texts; <c>"query"</c> may contain some of them as in a URL
/// (<c>namespace=a&amp;labelSelector=app%3Dweb</c>).
/// </remarks>
internal sealed class SocketCommand
{
    /// <summary>How deep a message may nest.</summary>
    public const int Deepest = 4;

    private const int LongestId = 128;

    private readonly Dictionary<string, List<string>> _parameters = new(StringComparer.Ordinal);

    private SocketCommand() { }

    /// <summary>The type of the command.</summary>
    public string Type { get; private set; } = "";

    /// <summary>The subscription that it is about; the client chooses it.</summary>
    public string? Id { get; private set; }

    /// <summary>The values of a parameter.</summary>
    public IEnumerable<string?> this[string name] => _parameters.GetValueOrDefault(name, []);

    /// <summary>Reads a message.</summary>
    /// <exception cref="QueryException">
    /// It is not a JSON object of this form: names the invalid member and the problem.
    /// </exception>
    public static SocketCommand Parse(ReadOnlySpan<byte> utf8)
    {
        var command = new SocketCommand();
        try
        {
            command.Read(utf8);
        }
        catch (JsonException wrong)
        {
            throw new QueryException("message", $"it is not JSON: {wrong.Message}");
        }

        if (command.Type.Length == 0)
        {
            throw new QueryException("type", "it is missing; expected one of subscribe, unsubscribe, ping");
        }

        if (command.Type is not ("subscribe" or "unsubscribe" or "ping"))
        {
            throw new QueryException("type", $"'{Shorten(command.Type)}' is not one of subscribe, unsubscribe, ping");
        }

        return command.Type == "ping" || !string.IsNullOrEmpty(command.Id)
            ? command
            : throw new QueryException("id", "it is missing; choose a text that names the subscription");
    }

    /// <summary>
    /// The id in a message, for the answer to one that cannot be understood; null if it cannot be found.
    /// </summary>
    public static string? FindId(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            while (reader.Read())
            {
                if (
                    reader.TokenType == JsonTokenType.PropertyName
                    && reader.CurrentDepth == 1
                    && reader.ValueTextEquals("id"u8)
                    && reader.Read()
                )
                {
                    return reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: <= LongestId } id ? id : null;
                }
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // Parse reports the problem.
        }

        return null;
    }

    private void Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = Deepest });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new QueryException("message", "it is not a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref reader, "message");
            reader.Read();
            switch (name)
            {
                case "type":
                    Type =
                        reader.TokenType == JsonTokenType.String
                            ? Text(ref reader, name)
                            : throw new QueryException(name, "it is not a string");
                    break;
                case "id":
                    Id =
                        reader.TokenType == JsonTokenType.String && Text(ref reader, name) is { Length: <= LongestId } id
                            ? id
                            : throw new QueryException(name, $"it is not a string of at most {LongestId} characters");
                    break;
                case "query":
                    ReadQuery(
                        reader.TokenType == JsonTokenType.String
                            ? Text(ref reader, name)
                            : throw new QueryException(name, "it is not a string of URL parameters")
                    );
                    break;
                default:
                    ReadParameter(ref reader, name);
                    break;
            }
        }

        // Bytes after the object, if any, are not part of it.
        if (reader.Read())
        {
            throw new QueryException("message", "something follows the JSON object");
        }
    }

    private void ReadParameter(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadValue(ref reader, name);
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ReadValue(ref reader, name);
        }
    }

    private void ReadValue(ref Utf8JsonReader reader, string name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                Add(name, Text(ref reader, name));
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                Add(name, Encoding.UTF8.GetString(reader.ValueSpan));
                break;
            case JsonTokenType.Null:
                break;
            default:
                throw new QueryException(name, "it is neither a string nor a list of strings");
        }
    }

    private void ReadQuery(string text)
    {
        foreach (var pair in new QueryStringEnumerable(text))
        {
            Add(pair.DecodeName().ToString(), pair.DecodeValue().ToString());
        }
    }

    private void Add(string name, string value)
    {
        if (!_parameters.TryGetValue(name, out var values))
        {
            _parameters[name] = values = [];
        }

        values.Add(value);
    }

    private static string Text(ref Utf8JsonReader reader, string name)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw new QueryException(name, "it contains an invalid escape");
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
