using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vigia.Kubernetes.Objects;

/// <summary>
/// YAML read as JSON, with kubectl's rules for what is a number or a word (YAML 1.1: <c>0644</c> is octal, <c>yes</c>
/// is true).
/// </summary>
internal static partial class YamlJson
{
    // Anchors may refer to what they are part of, or multiply without end.
    private const int MostDepth = 200;
    private const int MostBytes = 16 << 20;

    /// <summary>Converts the one document of a text.</summary>
    /// <exception cref="YamlException">It is not valid YAML, or cannot be expressed in JSON.</exception>
    public static byte[] Convert(string text)
    {
        var documents = ConvertAll(text).Take(2).ToArray();
        return documents.Length == 1
            ? documents[0]
            : throw new YamlException(
                documents.Length == 0 ? "the file is empty" : "the file has more than one document (---): there is one object to edit"
            );
    }

    /// <summary>Converts the documents of a text, one after the other.</summary>
    /// <exception cref="YamlException">It is not valid YAML, or cannot be expressed in JSON.</exception>
    public static IEnumerable<byte[]> ConvertAll(string text)
    {
        var stream = new YamlStream();
        using var reader = new StringReader(text);
        stream.Load(reader);
        foreach (var document in stream.Documents)
        {
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                Write(writer, document.RootNode, 0);
            }

            yield return buffer.ToArray();
        }
    }

    private static void Write(Utf8JsonWriter writer, YamlNode node, int depth)
    {
        if (depth > MostDepth || writer.BytesCommitted + writer.BytesPending > MostBytes)
        {
            throw Wrong(node, "anchors (&, *) that repeat themselves too often, or more than 200 levels");
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                writer.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    var name = (key as YamlScalarNode ?? throw Wrong(key, "a member's name must be a text")).Value ?? "";
                    if (name == "<<" && IsPlain((YamlScalarNode)key))
                    {
                        throw Wrong(key, "merge keys (<<) are not followed: write the members out");
                    }

                    writer.WritePropertyName(name);
                    Write(writer, value, depth + 1);
                }

                writer.WriteEndObject();
                break;
            case YamlSequenceNode sequence:
                writer.WriteStartArray();
                foreach (var item in sequence.Children)
                {
                    Write(writer, item, depth + 1);
                }

                writer.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                Scalar(writer, scalar);
                break;
        }
    }

    private static void Scalar(Utf8JsonWriter writer, YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (
            tag
            is not (
                ""
                or "!"
                or "tag:yaml.org,2002:str"
                or "tag:yaml.org,2002:int"
                or "tag:yaml.org,2002:float"
                or "tag:yaml.org,2002:bool"
                or "tag:yaml.org,2002:null"
            )
        )
        {
            throw Wrong(scalar, $"the tag {tag} is not known");
        }

        if (!IsPlain(scalar) || tag is "!" or "tag:yaml.org,2002:str")
        {
            writer.WriteStringValue(text);
            return;
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                writer.WriteNullValue();
                break;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                writer.WriteBooleanValue(true);
                break;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                writer.WriteBooleanValue(false);
                break;
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "-.inf" or ".nan" or ".NaN" or ".NAN":
                throw Wrong(scalar, $"{text} is not a valid JSON number");
            default:
                Word(writer, text);
                break;
        }
    }

    private static void Word(Utf8JsonWriter writer, string text)
    {
        if (JsonNumber().IsMatch(text))
        {
            // As it stands: no digit is lost, however large it is.
            writer.WriteRawValue(text);
        }
        else if (Based().Match(text.Replace("_", "", StringComparison.Ordinal)) is { Success: true } based)
        {
            WriteBased(writer, text, based);
        }
        else if (
            Decimal().IsMatch(text)
            && double.TryParse(
                text.Replace("_", "", StringComparison.Ordinal),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var number
            )
            && double.IsFinite(number)
        )
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    /// <summary><c>0644</c>, <c>0o644</c>, <c>0x1F</c>, <c>0b11</c>.</summary>
    private static void WriteBased(Utf8JsonWriter writer, string text, Match based)
    {
        var radix =
            based.Groups["hex"].Success ? 16
            : based.Groups["bin"].Success ? 2
            : 8;
        var digits = based.Groups["hex"].Value + based.Groups["bin"].Value + based.Groups["oct"].Value;
        try
        {
            var value = (decimal)System.Convert.ToUInt64(digits, radix);
            writer.WriteNumberValue(based.Groups["sign"].Value == "-" ? -value : value);
        }
        catch (OverflowException)
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool IsPlain(YamlScalarNode scalar) => scalar.Style is ScalarStyle.Plain or ScalarStyle.Any;

    private static YamlException Wrong(YamlNode node, string why) => new(node.Start, node.End, why);

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$")]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^(?<sign>[-+]?)0(x(?<hex>[0-9a-fA-F]+)|b(?<bin>[01]+)|o?(?<oct>[0-7]+))$")]
    private static partial Regex Based();

    [GeneratedRegex(@"^[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Decimal();
}
