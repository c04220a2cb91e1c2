using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vigia.Simulator.Serving;

/// <summary>Faults as JSON, without reflection: names in camel case, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(Fault))]
[JsonSerializable(typeof(IReadOnlyList<Fault>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, long>))]
internal sealed partial class FaultJson : JsonSerializerContext;
