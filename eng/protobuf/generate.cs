// Writes src/Vigia.Kubernetes/Protobuf/builtin.fields: which protobuf field of a built-in kind is which JSON member.
//
//     dotnet run eng/protobuf/generate.cs -- API APIMACHINERY src/Vigia.Kubernetes/Protobuf/builtin.fields
//
// API and APIMACHINERY are clones of github.com/kubernetes/api and github.com/kubernetes/apimachinery. Numbers and
// types come from the generated.proto files, names in JSON and what is left out there from the tags in the types.go
// files, of every release in Releases. A field that a release dropped stays known; where releases differ in what they
// leave out, the oldest one counts.
#:property PublishAot=false
#:property NoWarn=CS1591;CA1050;CA1305;CA1307;CA1310
using System.Diagnostics;
using System.Text.RegularExpressions;

const int OldestRelease = 20,
    NewestRelease = 36;

// Group and version of the API, folder in its repository, and the resources with their kinds.
(string ApiVersion, string Folder, string Resources)[] roots =
[
    (
        "v1",
        "core/v1",
        "pods=Pod services=Service namespaces=Namespace configmaps=ConfigMap secrets=Secret "
            + "persistentvolumeclaims=PersistentVolumeClaim persistentvolumes=PersistentVolume nodes=Node events=Event "
            + "serviceaccounts=ServiceAccount endpoints=Endpoints replicationcontrollers=ReplicationController limitranges=LimitRange "
            + "resourcequotas=ResourceQuota podtemplates=PodTemplate"
    ),
    (
        "apps/v1",
        "apps/v1",
        "deployments=Deployment statefulsets=StatefulSet daemonsets=DaemonSet replicasets=ReplicaSet "
            + "controllerrevisions=ControllerRevision"
    ),
    ("batch/v1", "batch/v1", "jobs=Job cronjobs=CronJob"),
    ("batch/v1beta1", "batch/v1beta1", "cronjobs=CronJob"),
    ("networking.k8s.io/v1", "networking/v1", "ingresses=Ingress ingressclasses=IngressClass networkpolicies=NetworkPolicy"),
    ("networking.k8s.io/v1beta1", "networking/v1beta1", "ingresses=Ingress ingressclasses=IngressClass"),
    ("extensions/v1beta1", "extensions/v1beta1", "ingresses=Ingress"),
    ("autoscaling/v1", "autoscaling/v1", "horizontalpodautoscalers=HorizontalPodAutoscaler"),
    ("autoscaling/v2", "autoscaling/v2", "horizontalpodautoscalers=HorizontalPodAutoscaler"),
    ("autoscaling/v2beta2", "autoscaling/v2beta2", "horizontalpodautoscalers=HorizontalPodAutoscaler"),
    ("coordination.k8s.io/v1", "coordination/v1", "leases=Lease"),
    ("policy/v1", "policy/v1", "poddisruptionbudgets=PodDisruptionBudget"),
    (
        "rbac.authorization.k8s.io/v1",
        "rbac/v1",
        "roles=Role clusterroles=ClusterRole rolebindings=RoleBinding " + "clusterrolebindings=ClusterRoleBinding"
    ),
    (
        "storage.k8s.io/v1",
        "storage/v1",
        "storageclasses=StorageClass volumeattachments=VolumeAttachment csidrivers=CSIDriver " + "csinodes=CSINode"
    ),
    ("discovery.k8s.io/v1", "discovery/v1", "endpointslices=EndpointSlice"),
    ("scheduling.k8s.io/v1", "scheduling/v1", "priorityclasses=PriorityClass"),
    ("meta.k8s.io/v1", "meta/v1", "partialobjectmetadata=PartialObjectMetadata"),
];

// Types that JSON writes in a way of their own; all others are messages or what proto calls them.
Dictionary<string, string> special = new()
{
    ["meta/v1.Time"] = "Time",
    ["meta/v1.MicroTime"] = "MicroTime",
    ["meta/v1.FieldsV1"] = "json",
    ["api/resource.Quantity"] = "Quantity",
    ["util/intstr.IntOrString"] = "IntOrString",
    ["runtime.RawExtension"] = "json",
    ["string"] = "string",
    ["bool"] = "bool",
    ["int32"] = "int",
    ["int64"] = "int",
    ["bytes"] = "bytes",
};

var (api, machinery, output) = (args[0], args[1], args[2]);
var messages = new SortedDictionary<string, SortedDictionary<int, Known>>(StringComparer.Ordinal);
var lastRead = new Dictionary<string, string>();
var replaced = new HashSet<(string Older, string Newer)>();
var statusToo = new[] { "meta/v1.Status", "meta/v1.ListMeta" };
for (var release = OldestRelease; release <= NewestRelease; release++)
{
    foreach (var (_, folder, _) in roots)
    {
        Read(folder == "meta/v1" ? machinery : api, folder == "meta/v1" ? "pkg/apis/meta/v1" : folder, folder, $"release-1.{release}");
    }
}

// What an older release had in the place of a message may have had more fields: they stay known.
foreach (var (older, newer) in replaced.Where(pair => pair.Older != pair.Newer))
{
    foreach (var (number, field) in messages[older])
    {
        messages[newer].TryAdd(number, field);
    }

    foreach (
        var (number, field) in messages[newer].Where(field => field.Value.Mark == "!" && !messages[older].ContainsKey(field.Key)).ToArray()
    )
    {
        messages[newer][number] = field with { Mark = field.Type[0] is '[' or '{' ? "" : "*" };
    }
}

var lines = new List<string>();
var wanted = new Queue<string>(statusToo);
foreach (var (apiVersion, folder, resources) in roots)
{
    foreach (var (plural, kind) in resources.Split(' ').Select(pair => (pair.Split('=')[0], pair.Split('=')[1])))
    {
        lines.Add($"@ {apiVersion} {plural} {kind} {folder}.{kind}");
        wanted.Enqueue($"{folder}.{kind}");
    }
}

var done = new SortedDictionary<string, string>(StringComparer.Ordinal);
while (wanted.TryDequeue(out var name))
{
    if (done.ContainsKey(name))
    {
        continue;
    }

    var fields = messages.TryGetValue(name, out var found) ? found : throw new InvalidOperationException($"{name} is in no release");
    foreach (var field in fields.Values)
    {
        var type = field.Type.TrimStart('[', ']', '{', '}');
        if (!special.ContainsValue(type))
        {
            wanted.Enqueue(type);
        }
    }

    if (fields.Keys.Max() > 63)
    {
        throw new InvalidOperationException($"{name} has a field above 63: the reader keeps what it has seen in 64 bits");
    }

    done[name] = string.Join(", ", fields.Select(f => $"{f.Key} {f.Value.Name}{f.Value.Mark} {f.Value.Type}"));
}

lines.AddRange(done.Select(message => $"{message.Key}: {message.Value}"));
File.WriteAllText(
    output,
    $$"""
    # Written by eng/protobuf/generate.cs from Kubernetes 1.{{OldestRelease}} to 1.{{NewestRelease}}; do not edit.
    # "@ apiVersion resource kind message", then "message: number name kind, ...".
    # Of the name's marks, * is a pointer in Go and + is not omitempty: written whenever it is on the wire; ! is written even where it is
    # not, as null; without a mark an empty text, number or flag is left out. "." is a member inlined into its parent.
    # Kinds: [] is a list, {} a map by string.

    """
        + string.Join('\n', lines)
        + "\n"
);
Console.WriteLine($"{done.Count} messages, {new FileInfo(output).Length} bytes");

void Read(string repository, string path, string folder, string branch)
{
    var proto = Show(repository, $"{branch}:{path}/generated.proto");
    var types = Show(repository, $"{branch}:{path}/types.go");
    if (proto is null || types is null)
    {
        return; // a version that this release has not yet, or no more
    }

    var tags = Tags(types);
    foreach (Match message in Regex.Matches(proto, @"^message (\w+) \{\n(.*?)^\}", RegexOptions.Multiline | RegexOptions.Singleline))
    {
        if (!tags.TryGetValue(message.Groups[1].Value, out var members))
        {
            continue; // a list written as a message of items: nothing that is wanted has one
        }

        var name = $"{folder}.{message.Groups[1].Value}";
        var wasKnown = messages.TryGetValue(name, out var known) && lastRead.GetValueOrDefault(name) != branch;
        known ??= messages[name] = [];
        lastRead[name] = branch;
        foreach (
            Match field in Regex.Matches(
                message.Groups[2].Value,
                @"^\s+(optional|repeated|map<string, (?<value>[\w.]+)>)( (?<type>[\w.]+))? (\w+) = (?<number>\d+);",
                RegexOptions.Multiline
            )
        )
        {
            var number = int.Parse(field.Groups["number"].Value);
            if (!members.TryGetValue(number, out var member))
            {
                throw new InvalidOperationException($"{name} has no member for field {number} in {branch}");
            }

            var shape =
                field.Groups["value"].Success ? "{}"
                : field.Groups[1].Value == "repeated" ? "[]"
                : "";
            var type = shape + Name(field.Groups["value"].Success ? field.Groups["value"].Value : field.Groups["type"].Value, folder);
            if (known.TryGetValue(number, out var older) && (older.Name != member.Name || older.Type != type))
            {
                Console.Error.WriteLine(
                    $"{branch}: {name} field {number} was {older.Name} {older.Type}, is {member.Name} {type}: the "
                        + $"newer one is taken, with what fields the older one had more"
                );
                known[number] = new(member.Name, member.Mark, type);
                replaced.Add((older.Type, type));
            }

            // What Go has no zero for but nil stands as null in JSON, where the release knows the field at all: not if
            // it came later than its message.
            var canBeNil = shape.Length > 0 || type is "bytes" or "json";
            var mark = member.Mark == "+" && canBeNil ? "!" : member.Mark;
            known.TryAdd(
                number,
                new(
                    member.Name,
                    mark == "!" && wasKnown
                        ? canBeNil
                            ? ""
                            : "*"
                        : mark,
                    type
                )
            );
        }
    }
}

string Name(string proto, string folder)
{
    var name = proto.TrimStart('.');
    name =
        name.Contains('.') ? name
        : special.ContainsKey(name) ? name
        : $"{folder}.{name}";
    var full = Regex.Match(name, @"^k8s\.io\.(api|apimachinery\.pkg|apimachinery\.pkg\.apis)\.((?:\w+\.)*)(\w+)$");
    if (full.Success)
    {
        name = full.Groups[2].Value.TrimEnd('.').Replace('.', '/') + "." + full.Groups[3].Value;
        name = name.StartsWith("apis/", StringComparison.Ordinal) ? name[5..] : name;
    }

    return special.TryGetValue(name, out var written) ? written : name;
}

static Dictionary<string, Dictionary<int, (string Name, string Mark)>> Tags(string types)
{
    var structs = new Dictionary<string, Dictionary<int, (string, string)>>();
    foreach (Match match in Regex.Matches(types, @"^type (\w+) struct \{\n(.*?)^\}", RegexOptions.Multiline | RegexOptions.Singleline))
    {
        var members = structs[match.Groups[1].Value] = [];
        foreach (
            Match field in Regex.Matches(match.Groups[2].Value, @"^\t(?:\w+ +)?(?<type>[^\s`/]+) +`(?<tags>[^`]*)`", RegexOptions.Multiline)
        )
        {
            var json = Regex.Match(field.Groups["tags"].Value, "json:\"([^\"]*)\"").Groups[1].Value.Split(',');
            if (Regex.Match(field.Groups["tags"].Value, "protobuf:\"\\w+,(\\d+)") is { Success: true } tag)
            {
                var inline = json.Contains("inline") || json[0].Length == 0;
                var isPointer = field.Groups["type"].Value[0] == '*';
                var mark =
                    inline ? ""
                    : !json.Contains("omitempty")
                        ? isPointer ? "!"
                            : "+"
                    : isPointer ? "*"
                    : "";
                members[int.Parse(tag.Groups[1].Value)] = (inline ? "." : json[0], mark);
            }
        }
    }

    return structs;
}

static string? Show(string repository, string file)
{
    using var git = Process.Start(
        new ProcessStartInfo("git", ["-C", repository, "show", file]) { RedirectStandardOutput = true, RedirectStandardError = true }
    )!;
    git.ErrorDataReceived += (_, _) => { };
    git.BeginErrorReadLine();
    var text = git.StandardOutput.ReadToEnd();
    git.WaitForExit();
    return git.ExitCode == 0 ? text : null;
}

/// <summary>A field as it goes into the table.</summary>
internal sealed record Known(string Name, string Mark, string Type);
