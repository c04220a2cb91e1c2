using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Errors;
using Vigia.Simulator.Serving;

namespace Vigia.Simulator.Faults;

/// <summary>
/// Faults over HTTP. <c>GET /simulator/faults</c> lists them; <c>POST</c> takes a fault (<c>{"kind":"error","code":503,"count":3,"verb":"list"}</c>) or an
/// action (<c>{"action":"cutWatches|cutConnections|expireHistory|goDark","seconds":5}</c>); <c>DELETE /simulator/faults[/ID]</c> takes away one, or all.
/// </summary>
internal sealed class FaultEndpoint(FaultBox faults)
{
    private const string Root = "/simulator/faults";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<FaultKind>(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public async Task HandleAsync(HttpContext http, string path)
    {
        var rest = path.StartsWith(Root, StringComparison.Ordinal) ? path[Root.Length..].Trim('/') : throw StatusException.NoSuchPath();
        switch (http.Request.Method)
        {
            case "GET":
                await Answers.JsonAsync(http, new JsonObject
                {
                    ["faults"] = JsonSerializer.SerializeToNode(faults.All, Web),
                    ["openWatches"] = faults.OpenWatches,
                    ["openConnections"] = faults.OpenConnections,
                });
                break;
            case "POST":
                await PostAsync(http);
                break;
            case "DELETE" when rest.Length == 0:
                faults.Clear();
                await Answers.JsonAsync(http, new JsonObject { ["removed"] = "all" });
                break;
            case "DELETE" when int.TryParse(rest, out var id):
                await Answers.JsonAsync(http, faults.Remove(id) ? new JsonObject { ["removed"] = id } : throw new StatusException(404, "NotFound", $"there is no fault {id}"));
                break;
            default:
                throw ApiServer.NotAllowed();
        }
    }

    private async Task PostAsync(HttpContext http)
    {
        try
        {
            var body = await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted) as JsonObject ?? throw StatusException.BadRequest("a fault is a JSON object");
            if (body["action"] is not { } action)
            {
                var fault = faults.Add(body.Deserialize<Fault>(Web)!);
                await Answers.JsonAsync(http, JsonSerializer.SerializeToNode(fault, Web)!, 201);
                return;
            }

            await ActAsync(http, (string?)action ?? "", (double?)body["seconds"]);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw StatusException.BadRequest($"the fault cannot be read: {e.Message}");
        }
    }

    private async Task ActAsync(HttpContext http, string action, double? seconds)
    {
        // Answered first where the deed would cut the answer off.
        switch (action)
        {
            case "cutWatches":
                await Answers.JsonAsync(http, new JsonObject { ["cut"] = faults.CutWatches() });
                break;
            case "expireHistory":
                faults.ExpireHistory();
                await Answers.JsonAsync(http, new JsonObject { ["expired"] = true });
                break;
            case "cutConnections":
                await Answers.JsonAsync(http, new JsonObject { ["cut"] = faults.OpenConnections });
                await http.Response.CompleteAsync();
                faults.CutConnections();
                break;
            case "goDark":
                await Answers.JsonAsync(http, new JsonObject { ["dark"] = seconds ?? 5 });
                await http.Response.CompleteAsync();
                _ = faults.GoDarkAsync(TimeSpan.FromSeconds(seconds ?? 5)); // stops this very connection: not to be awaited from it; the simulator awaits it at its end
                break;
            default:
                throw StatusException.BadRequest($"there is no action '{action}': cutWatches, cutConnections, expireHistory, goDark");
        }
    }
}
