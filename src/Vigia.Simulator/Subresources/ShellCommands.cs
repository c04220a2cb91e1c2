using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// The commands that need no stream of their own, and the container they run in: files, variables, directory.
/// </summary>
internal sealed class ShellCommands
{
    private static readonly string[] Names =
    [
        "echo",
        "printf",
        "ls",
        "cat",
        "env",
        "printenv",
        "pwd",
        "cd",
        "hostname",
        "whoami",
        "id",
        "date",
        "uname",
        "ps",
        "sleep",
        "true",
        "false",
        ":",
        "exit",
        "stty",
        "seq",
        "resizes",
        "test",
        "[",
        "tty",
        "kill",
        "which",
        "clear",
        "command",
        "exec",
        "sh",
        "bash",
    ];

    private readonly ContainerInstance _run;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    public ShellCommands(ContainerInstance run, TimeProvider time)
    {
        (_run, _time) = (run, time);
        var spec = run.Spec;
        _variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        _variables["HOSTNAME"] = run.PodName;
        _variables["HOME"] = "/root";
        _variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
        _variables["KUBERNETES_SERVICE_PORT"] = "443";
        foreach (var variable in (spec["env"] as JsonArray ?? []).OfType<JsonObject>())
        {
            _variables[Json.Text(variable["name"])] = Value(variable);
        }

        _files["/etc/hostname"] = run.PodName + "\n";
        _files["/etc/os-release"] = "NAME=\"Simulated Linux\"\nID=simulated\nPRETTY_NAME=\"Simulated Linux (Vigia)\"\n";
        _files["/etc/resolv.conf"] =
            $"search {run.Namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        _files["/etc/hosts"] = $"127.0.0.1\tlocalhost\n{Json.Text(run.Pod["status"]?["podIP"])}\t{run.PodName}\n";
        _files["/proc/1/cmdline"] = run.Container + "\n";
        _files["/var/run/secrets/kubernetes.io/serviceaccount/namespace"] = run.Namespace;
        foreach (var mount in (spec["volumeMounts"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var path = Json.Text(mount["mountPath"]).TrimEnd('/');
            if (path.Length > 0 && !_files.Keys.Any(file => file.StartsWith(path + "/", StringComparison.Ordinal)))
            {
                _files[path + "/.mounted"] = $"volume {Json.Text(mount["name"])}\n";
            }
        }
    }

    /// <summary>The working directory.</summary>
    public string Directory { get; private set; } = "/";

    /// <summary>How the last command ended: <c>$?</c>.</summary>
    public int LastCode { get; set; }

    /// <summary>True after <c>exit</c>.</summary>
    public bool Exited { get; private set; }

    public static bool Knows(string name) => Names.Contains(Base(name));

    /// <summary>The shell ends with a code.</summary>
    public void Exit(int code) => (Exited, LastCode) = (true, code);

    /// <summary>A shell within the shell has ended: the outer one continues.</summary>
    public void Return() => Exited = false;

    public string Variable(string name) =>
        name == "?" ? LastCode.ToString(CultureInfo.InvariantCulture) : _variables.GetValueOrDefault(name, "");

    /// <summary>Runs one command.</summary>
    public (int Code, string Output, string Errors) Run(IReadOnlyList<string> words)
    {
        var (name, rest) = (Base(words[0]), words.Skip(1).ToList());
        switch (name)
        {
            case "echo":
                var bare = rest is ["-n", ..];
                return (0, string.Join(' ', bare ? rest.Skip(1) : rest) + (bare ? "" : "\n"), "");
            case "printf":
                return (
                    0,
                    rest.Count == 0
                        ? ""
                        : rest[0].Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal),
                    ""
                );
            case "true" or ":" or "clear" or "kill":
                return (0, "", "");
            case "false":
                return (1, "", "");
            case "exit":
                Exited = true;
                LastCode =
                    rest.Count > 0 && int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
                        ? code & 0xFF
                        : LastCode;
                return (LastCode, "", "");
            case "pwd":
                return (0, Directory + "\n", "");
            case "cd":
                var to = Full(rest.Count == 0 ? Variable("HOME") : rest[0]);
                if (to != "/" && to != Variable("HOME") && !_files.Keys.Any(file => file.StartsWith(to + "/", StringComparison.Ordinal)))
                {
                    return (1, "", $"sh: cd: can't cd to {rest[0]}: No such file or directory\n");
                }

                Directory = to;
                return (0, "", "");
            case "env" or "printenv":
                return rest.Count > 0
                    ? _variables.TryGetValue(rest[0], out var value)
                        ? (0, value + "\n", "")
                        : (1, "", "")
                    : (0, string.Concat(_variables.Select(pair => $"{pair.Key}={pair.Value}\n")), "");
            case "hostname":
                return (0, _run.PodName + "\n", "");
            case "whoami":
                return (0, "root\n", "");
            case "id":
                return (0, "uid=0(root) gid=0(root) groups=0(root)\n", "");
            case "tty":
                return (0, "/dev/pts/0\n", "");
            case "date":
                return (0, _time.GetUtcNow().ToString("ddd MMM dd HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture) + "\n", "");
            case "uname":
                return (0, rest.Count > 0 ? $"Linux {_run.PodName} 6.1.0-simulated #1 SMP x86_64 GNU/Linux\n" : "Linux\n", "");
            case "ps":
                return (
                    0,
                    $"PID   USER     TIME  COMMAND\n    1 root      0:42 {_run.Container}\n   29 root      0:00 sh\n   37 root      0:00 "
                        + $"ps\n",
                    ""
                );
            case "command" when rest is ["-v", var sought, ..]:
                return Knows(sought) ? (0, $"/bin/{sought}\n", "") : (1, "", "");
            case "which":
                return rest.Count > 0 && Knows(rest[0]) ? (0, $"/bin/{rest[0]}\n", "") : (1, "", "");
            case "test" or "[":
                return (Test(rest) ? 0 : 1, "", "");
            case "ls":
                return Listing(rest);
            case "cat":
                return Contents(rest);
            default:
                return (127, "", $"sh: {words[0]}: not found\n");
        }
    }

    private static string Base(string name) => name[(name.LastIndexOf('/') + 1)..];

    private bool Test(List<string> words) =>
        words switch
        {
            ["-f" or "-e", var path, ..] => _files.ContainsKey(Full(path)),
            ["-d", var path, ..] => _files.Keys.Any(file => file.StartsWith(Full(path) + "/", StringComparison.Ordinal)),
            [var left, "=" or "==", var right, ..] => left == right,
            [var left, "!=", var right, ..] => left != right,
            _ => words.Count > 0 && words[0].Length > 0 && words[0] != "]",
        };

    private (int Code, string Output, string Errors) Listing(List<string> words)
    {
        var hidden = words.Exists(word => word.StartsWith('-') && word.Contains('a', StringComparison.Ordinal));
        var path = Full(words.Find(word => !word.StartsWith('-')) ?? ".");
        if (_files.ContainsKey(path))
        {
            return (0, path + "\n", "");
        }

        var prefix = path == "/" ? "/" : path + "/";
        var names = _files
            .Keys.Where(file => file.StartsWith(prefix, StringComparison.Ordinal))
            .Select(file => file[prefix.Length..].Split('/')[0]);
        var all = (path == "/" ? names.Concat(["bin", "dev", "home", "lib", "root", "sbin", "tmp", "usr"]) : names)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        return all.Count == 0 && path is not "/root" and not "/tmp"
            ? (1, "", $"ls: {words.Find(word => !word.StartsWith('-'))}: No such file or directory\n")
            : (0, string.Concat(all.Where(name => hidden || !name.StartsWith('.')).Select(name => name + "\n")), "");
    }

    private (int Code, string Output, string Errors) Contents(List<string> words)
    {
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        foreach (var word in words)
        {
            if (_files.TryGetValue(Full(word), out var text))
            {
                output.Append(text);
            }
            else
            {
                errors.Append(CultureInfo.InvariantCulture, $"cat: can't open '{word}': No such file or directory\n");
            }
        }

        return (errors.Length > 0 ? 1 : 0, output.ToString(), errors.ToString());
    }

    private string Full(string path)
    {
        var parts = new List<string>();
        foreach (var part in (path.StartsWith('/') ? path : $"{Directory}/{path}").Split('/'))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            }
            else if (part.Length > 0 && part != ".")
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    private string Value(JsonObject variable)
    {
        if (variable["value"] is not null)
        {
            return Json.Text(variable["value"]);
        }

        return Json.Text(variable["valueFrom"]?["fieldRef"]?["fieldPath"]) switch
        {
            "metadata.name" => _run.PodName,
            "metadata.namespace" => _run.Namespace,
            "metadata.uid" => _run.Uid,
            "status.podIP" => Json.Text(_run.Pod["status"]?["podIP"]),
            "spec.nodeName" => Json.Text(_run.Pod["spec"]?["nodeName"]),
            _ => "********",
        };
    }
}
