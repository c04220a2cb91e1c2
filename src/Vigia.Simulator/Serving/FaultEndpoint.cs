using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Serving;

/// <summary>
/// Faults over HTTP. <c>GET /simulator/faults</c> lists them and how often each kind has struck; <c>POST</c> takes a
/// fault (<c>{"kind":"error","code":503,"count":3,"verb":"list"}</c>) or an action (<c>{"action":"cutWatches"}</c>;
/// with <c>seconds</c> for goDark,
/// <c>revision</c> for compact, <c>snapshot</c> for restore); <c>DELETE /simulator/faults[/ID]</c> takes away one, or
/// all.
/// </summary>
internal sealed class FaultEndpoint(FaultInjector faults, ObjectStore store)
{
    private const string Root = "/simulator/faults";
    private const string Actions =
        "cutWatches, expireWatches, cutConnections, freeze, thaw, expireHistory, compact, snapshot, restore, goDark";

    private readonly Lock _gate = new();
    private readonly List<StoreBackup> _backups = [];

    public async Task HandleAsync(HttpContext http, string path)
    {
        var rest = path.StartsWith(Root, StringComparison.Ordinal) ? path[Root.Length..].Trim('/') : throw StatusException.NoSuchPath();
        switch (http.Request.Method)
        {
            case "GET":
                await Answers.JsonAsync(
                    http,
                    new JsonObject
                    {
                        ["faults"] = JsonSerializer.SerializeToNode(faults.All, FaultJson.Default.IReadOnlyListFault),
                        ["counts"] = JsonSerializer.SerializeToNode(faults.Counts, FaultJson.Default.IReadOnlyDictionaryStringInt64),
                        ["openWatches"] = faults.OpenWatches,
                        ["openConnections"] = faults.OpenConnections,
                        ["revision"] = store.Revision,
                    }
                );
                break;
            case "POST":
                await PostAsync(http);
                break;
            case "DELETE" when rest.Length == 0:
                faults.Clear();
                await Answers.JsonAsync(http, new JsonObject { ["removed"] = "all" });
                break;
            case "DELETE" when int.TryParse(rest, out var id):
                await Answers.JsonAsync(
                    http,
                    faults.Remove(id)
                        ? new JsonObject { ["removed"] = id }
                        : throw new StatusException(404, "NotFound", $"there is no fault {id}")
                );
                break;
            default:
                throw StatusException.NotAllowed();
        }
    }

    private async Task PostAsync(HttpContext http)
    {
        // A page of any site can send a form or plain text here without asking; JSON and tokens it cannot.
        if (!http.Request.HasJsonContentType() && http.Request.Headers.Authorization.Count == 0)
        {
            throw new StatusException(
                415,
                "UnsupportedMediaType",
                "send a fault with Content-Type: application/json (curl --json '…'), or with a token"
            );
        }

        try
        {
            var body =
                await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted) as JsonObject
                ?? throw StatusException.BadRequest("a fault is a JSON object");
            if (body["action"] is not { } action)
            {
                var fault = faults.Add(Read(body));
                await Answers.JsonAsync(http, JsonSerializer.SerializeToNode(fault, FaultJson.Default.Fault)!, 201);
                return;
            }

            await ActAsync(http, (string?)action ?? "", body);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            throw StatusException.BadRequest($"the fault cannot be read: {e.Message}");
        }
    }

    /// <summary>
    /// A fault as it was sent. Generated code sets init-only members that are missing to zero, so the defaults are sent
    /// along.
    /// </summary>
    private static Fault Read(JsonObject body)
    {
        var whole = JsonSerializer.SerializeToNode(new Fault(), FaultJson.Default.Fault)!.AsObject();
        foreach (var (name, value) in body)
        {
            whole[name] = value?.DeepClone();
        }

        return whole.Deserialize(FaultJson.Default.Fault)!;
    }

    private async Task ActAsync(HttpContext http, string action, JsonObject body)
    {
        // The order's own connection is spared until it is answered, and from a freeze for good.
        var own = ApiServer.Transport(http);
        switch (action)
        {
            case "cutWatches":
                await Answers.JsonAsync(http, new JsonObject { ["cut"] = faults.CutWatches() });
                break;
            case "expireWatches":
                await Answers.JsonAsync(http, new JsonObject { ["ended"] = faults.ExpireWatches() });
                break;
            case "expireHistory" or "compact":
                faults.Compact((long?)body["revision"]);
                await Answers.JsonAsync(http, new JsonObject { ["expired"] = true });
                break;
            case "snapshot":
                await Answers.JsonAsync(http, Take());
                break;
            case "restore":
                faults.RestoreStore(Backup((int?)body["snapshot"]));
                faults.Connections.Cut(own);
                await LastAsync(http, new JsonObject { ["revision"] = store.Revision });
                break;
            case "cutConnections":
                await LastAsync(http, new JsonObject { ["cut"] = faults.CutConnections(own) + 1 });
                break;
            case "freeze":
                await Answers.JsonAsync(http, new JsonObject { ["frozen"] = faults.Freeze(own) });
                break;
            case "thaw":
                await Answers.JsonAsync(http, new JsonObject { ["thawed"] = faults.Thaw() });
                break;
            case "goDark":
                var seconds = (double?)body["seconds"] ?? 5;
                await Answers.JsonAsync(http, new JsonObject { ["dark"] = seconds });
                await http.Response.CompleteAsync();
                // It stops this very connection: not to be awaited from it; the simulator awaits it at its end.
                _ = faults.GoDarkAsync(TimeSpan.FromSeconds(seconds));
                break;
            default:
                throw StatusException.BadRequest($"there is no action '{action}': {Actions}");
        }
    }

    /// <summary>Answers, and then ends the connection.</summary>
    private static async Task LastAsync(HttpContext http, JsonObject answer)
    {
        await Answers.JsonAsync(http, answer);
        await http.Response.CompleteAsync();
        ApiServer.End(http);
    }

    private JsonObject Take()
    {
        var backup = store.Snapshot();
        lock (_gate)
        {
            _backups.Add(backup);
            return new JsonObject
            {
                ["snapshot"] = _backups.Count,
                ["revision"] = backup.Revision,
                ["objects"] = backup.Objects,
            };
        }
    }

    /// <summary>A backup by its number, from 1; null for the latest.</summary>
    private StoreBackup Backup(int? number)
    {
        lock (_gate)
        {
            var at = (number ?? _backups.Count) - 1;
            return at >= 0 && at < _backups.Count
                ? _backups[at]
                : throw StatusException.BadRequest($"there is no snapshot {number}; take one first: {{\"action\":\"snapshot\"}}");
        }
    }
}
