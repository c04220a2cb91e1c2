using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vigia.Controllers.LeaderElection;

/// <summary>
/// A <c>coordination.k8s.io/v1</c> Lease. Other members are carried along unread, so an update loses no field of
/// another client.
/// </summary>
internal sealed class LeaseDocument
{
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = "coordination.k8s.io/v1";

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = "Lease";

    [JsonPropertyName("metadata")]
    public LeaseMetadata? Metadata { get; set; }

    [JsonPropertyName("spec")]
    public LeaseSpec? Spec { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Rest { get; set; }

    public LeaseRecord ToRecord() =>
        new()
        {
            HolderIdentity = Spec?.HolderIdentity ?? "",
            LeaseDurationSeconds = Spec?.LeaseDurationSeconds ?? 0,
            AcquireTime = Spec?.AcquireTime,
            RenewTime = Spec?.RenewTime,
            LeaderTransitions = Spec?.LeaseTransitions ?? 0,
        };

    public void Take(LeaseRecord record)
    {
        Spec ??= new LeaseSpec();

        // A released lease has no holder at all: an empty string is refused by servers that validate it.
        Spec.HolderIdentity = record.IsFree ? null : record.HolderIdentity;
        Spec.LeaseDurationSeconds = record.LeaseDurationSeconds;
        Spec.AcquireTime = record.AcquireTime;
        Spec.RenewTime = record.RenewTime;
        Spec.LeaseTransitions = record.LeaderTransitions;
    }

    /// <summary>Adds or replaces these labels; others stay.</summary>
    public void Label(IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is not { Count: > 0 })
        {
            return;
        }

        Metadata ??= new LeaseMetadata();
        Metadata.Labels ??= [];
        foreach (var (name, value) in labels)
        {
            Metadata.Labels[name] = value;
        }
    }
}

/// <summary>The metadata of a Lease.</summary>
internal sealed class LeaseMetadata
{
    [JsonPropertyName("name")]
    public string? Name { get; set; }

    [JsonPropertyName("namespace")]
    public string? Namespace { get; set; }

    [JsonPropertyName("resourceVersion")]
    public string? ResourceVersion { get; set; }

    [JsonPropertyName("labels")]
    public Dictionary<string, string>? Labels { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Rest { get; set; }
}

/// <summary>The spec of a Lease.</summary>
internal sealed class LeaseSpec
{
    [JsonPropertyName("holderIdentity")]
    public string? HolderIdentity { get; set; }

    [JsonPropertyName("leaseDurationSeconds")]
    public int? LeaseDurationSeconds { get; set; }

    [JsonPropertyName("acquireTime")]
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; set; }

    [JsonPropertyName("renewTime")]
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; set; }

    [JsonPropertyName("leaseTransitions")]
    public int? LeaseTransitions { get; set; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Rest { get; set; }
}

/// <summary><c>metav1.MicroTime</c>: RFC 3339 in UTC with exactly six digits; a server refuses fewer or more.</summary>
internal sealed class MicroTimeConverter : JsonConverter<DateTimeOffset?>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
        {
            writer.WriteStringValue(time.ToUniversalTime().ToString(Format, CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LeaseDocument))]
internal sealed partial class LeaseJson : JsonSerializerContext;
