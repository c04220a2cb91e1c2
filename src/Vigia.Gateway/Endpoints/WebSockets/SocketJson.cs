using System.Text.Json.Serialization;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>Texts as JSON, without reflection.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class SocketJson : JsonSerializerContext;
