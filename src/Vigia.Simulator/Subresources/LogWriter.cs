using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// The lines of a container: JSON for services with <c>--log-format=json</c>, access logs for web servers and proxies,
/// plain lines elsewhere.
/// </summary>
internal sealed class LogWriter
{
    private static readonly string[] Routes =
    [
        "/api/v1/orders",
        "/api/v1/customers/4711",
        "/healthz",
        "/api/v1/search?q=tea",
        "/metrics",
        "/login",
        "/static/app.js",
        "/api/v2/sessions",
    ];
    private static readonly string[] Messages =
    [
        "request served",
        "cache refreshed",
        "message consumed",
        "session renewed",
        "batch written",
        "connection pool resized",
        "token verified",
        "configuration unchanged",
    ];
    private static readonly string[] Warnings =
    [
        "slow query",
        "retrying upstream call",
        "queue is nearly full",
        "certificate expires soon",
    ];
    private static readonly string[] Errors =
    [
        "upstream did not answer in time",
        "cannot decode message",
        "deadlock found, transaction rolled back",
    ];

    private readonly ContainerInstance _run;
    private readonly Form _form;
    private readonly string _image;

    public LogWriter(ContainerInstance run)
    {
        _run = run;
        var spec = ContainerInstance.Containers(run.Pod).FirstOrDefault(c => Json.Text(c["name"]) == run.Container) ?? [];
        _image = Json.Text(spec["image"]);
        var text = $"{_image} {spec["command"]?.ToJsonString()} {spec["args"]?.ToJsonString()}";
        _form =
            text.Contains("--log-format=json", StringComparison.Ordinal) ? Form.Json
            : text.Contains("nginx", StringComparison.Ordinal) || text.Contains("proxy", StringComparison.Ordinal) ? Form.Access
            : Form.Plain;
    }

    private enum Form
    {
        Plain,
        Json,
        Access,
    }

    /// <summary>A program's first lines.</summary>
    public IEnumerable<string> FirstWords()
    {
        if (_form == Form.Json)
        {
            return
            [
                Structured(
                    _run.StartedAt,
                    "info",
                    $"starting {_run.Container}",
                    ("image", _image),
                    ("pod", _run.PodName),
                    ("restart", _run.Number)
                ),
                Structured(_run.StartedAt, "info", "listening", ("address", ":8080"), ("metrics", ":9090")),
            ];
        }

        return _form == Form.Access
            ?
            [
                $"{_run.StartedAt:yyyy/MM/dd HH:mm:ss} [notice] 1#1: start worker processes",
                $"{_run.StartedAt:yyyy/MM/dd HH:mm:ss} [notice] 1#1: start worker process 29",
            ]
            :
            [
                $"{Stamp(_run.StartedAt)} INFO  starting {_run.Container} of {_run.Namespace}/{_run.PodName} from {_image}, restart "
                    + $"{_run.Number}",
                $"{Stamp(_run.StartedAt)} INFO  ready",
            ];
    }

    /// <summary>
    /// A time as web servers write it: <c>29/Nov/2026:21:06:00 +0000</c>, the offset without its colon.
    /// </summary>
    internal static string AccessTime(DateTimeOffset at)
    {
        var offset = at.ToString("zzz", CultureInfo.InvariantCulture);
        return $"{at.ToString("dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture)} {offset[..3]}{offset[4..]}";
    }

    /// <summary>Its lines while it is running: mostly one line, sometimes a stack trace.</summary>
    public IEnumerable<string> Line(ulong chance, long number, DateTimeOffset at)
    {
        var (pick, took) = ((int)(chance >> 8 & 0xFFFF), (int)(chance >> 24 & 0x1FF) + 1);
        var route = Routes[pick % Routes.Length];
        if (_form == Form.Access)
        {
            var code =
                chance % 40 == 0 ? 502
                : chance % 25 == 0 ? 404
                : 200;
            return
            [
                $"10.100.{pick % 250}.{took % 250} - - [{AccessTime(at)}] \"GET {route} HTTP/1.1\" {code} {pick} \"-\" "
                    + $"\"kube-probe/1.32\" {number}",
            ];
        }

        if (chance % 97 == 0)
        {
            return Trace(at, Errors[pick % Errors.Length], number);
        }

        var (level, message) = chance % 29 == 0 ? ("warn", Warnings[pick % Warnings.Length]) : ("info", Messages[pick % Messages.Length]);
        return _form == Form.Json
            ?
            [
                Structured(
                    at,
                    level,
                    message,
                    ("route", route),
                    ("durationMs", took),
                    ("traceId", chance.ToString("x16", CultureInfo.InvariantCulture)),
                    ("n", number)
                ),
            ]
            : [$"{Stamp(at)} {level.ToUpperInvariant(), -5} {message} route={route} took={took}ms n={number}"];
    }

    /// <summary>
    /// The last lines: the reason of the end, for readers of the previous log. A killed container writes none.
    /// </summary>
    public IEnumerable<string> LastWords(ulong seed)
    {
        var at = _run.FinishedAt ?? _run.StartedAt;
        return _run.Reason switch
        {
            "OOMKilled" => [],
            "Completed" => [_form == Form.Json ? Structured(at, "info", "done", ("exitCode", 0)) : $"{Stamp(at)} INFO  done"],
            _ when _run.ExitCode == 0 => [],
            _ =>
            [
                .. Trace(at, "fatal: cannot reach the database at db:5432: connection refused", (long)(seed & 0xFF)),
                $"exit status {_run.ExitCode}",
            ],
        };
    }

    private IEnumerable<string> Trace(DateTimeOffset at, string error, long number)
    {
        if (_form == Form.Json)
        {
            return
            [
                Structured(
                    at,
                    "error",
                    error,
                    ("n", number),
                    (
                        "stack",
                        "Shop.Orders.OrderStore.SaveAsync(Order order)\n   at Shop.Api.OrdersController.Post(OrderRequest request)\n   at "
                            + "lambda_method42(Closure, Object)"
                    )
                ),
            ];
        }

        return
        [
            $"{Stamp(at)} ERROR {error} n={number}",
            "java.lang.IllegalStateException: " + error,
            "\tat org.example.shop.OrderStore.save(OrderStore.java:118)",
            "\tat org.example.shop.OrderService.place(OrderService.java:64)",
            "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
            "Caused by: java.net.SocketTimeoutException: Read timed out",
            "\t... 3 more",
        ];
    }

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private static string Structured(DateTimeOffset at, string level, string message, params (string Key, JsonNode? Value)[] fields)
    {
        var line = new JsonObject
        {
            ["ts"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["level"] = level,
            ["msg"] = message,
        };
        foreach (var (key, value) in fields)
        {
            line[key] = value;
        }

        return line.ToJsonString();
    }
}
