using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Discovery;

/// <summary>Discovery: version, health, groups and resources, and their schema.</summary>
internal sealed partial class DiscoveryHandler(ObjectStore store, SimulatorOptions options)
{
    private static readonly (string Group, string Plural, string Kind, bool Namespaced)[] Reviews =
    [
        ("authentication.k8s.io", "tokenreviews", "TokenReview", false),
        ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false),
        ("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
        ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
        ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
        ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false),
    ];

    public async Task HandleAsync(HttpContext http, string path)
    {
        if (http.Request.Method is not ("GET" or "HEAD"))
        {
            throw StatusException.NotAllowed();
        }

        var parts = path.Trim('/').Split('/');
        switch (parts)
        {
            case ["version"]:
                await Answers.JsonAsync(http, Version());
                return;
            case ["healthz" or "livez" or "readyz", ..]:
                await Answers.BytesAsync(http, "ok"u8.ToArray(), 200, "text/plain; charset=utf-8");
                return;
            case ["openapi", ..]:
                await OpenApi.HandleAsync(http, path, store);
                return;
            case [""]:
                await Answers.JsonAsync(
                    http,
                    new JsonObject
                    {
                        ["paths"] = new JsonArray(
                            "/api",
                            "/api/v1",
                            "/apis",
                            "/healthz",
                            "/livez",
                            "/openapi/v2",
                            "/openapi/v3",
                            "/readyz",
                            "/version"
                        ),
                    }
                );
                return;
        }

        if (
            parts is ["api"] or ["apis"]
            && options.AggregatedDiscovery
            && Negotiation.Read(http.Request.Headers.Accept.ToString()) is { Form: AnswerForm.Discovery, Version: "v2" or "v2beta1" } form
        )
        {
            var list = Aggregated(parts[0] == "api", form.Version);
            await Answers.BytesAsync(
                http,
                Answers.Bytes(list),
                200,
                $"application/json;g=apidiscovery.k8s.io;v={form.Version};as=APIGroupDiscoveryList"
            );
            return;
        }

        await Answers.JsonAsync(
            http,
            parts switch
            {
                ["api"] => new JsonObject
                {
                    ["kind"] = "APIVersions",
                    ["versions"] = new JsonArray("v1"),
                    ["serverAddressByClientCIDRs"] = new JsonArray(
                        new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = http.Request.Host.Value }
                    ),
                },
                ["apis"] => new JsonObject
                {
                    ["kind"] = "APIGroupList",
                    ["apiVersion"] = "v1",
                    ["groups"] = new JsonArray([.. Groups().Select(g => (JsonNode)Group(g, inList: true))]),
                },
                ["apis", var group] => Groups().Contains(group) ? Group(group, inList: false) : throw StatusException.NoSuchPath(),
                ["api", "v1"] => Resources("", "v1"),
                ["apis", var group, var version] => Versions(group).Contains(version)
                    ? Resources(group, version)
                    : throw StatusException.NoSuchPath(),
                _ => throw StatusException.NoSuchPath(),
            }
        );
    }

    private JsonObject Version()
    {
        var numbers = options.Version.TrimStart('v').Split('.', '-');
        return new JsonObject
        {
            ["major"] = numbers[0],
            ["minor"] = numbers.Length > 1 ? numbers[1] : "0",
            ["gitVersion"] = options.Version,
            ["gitCommit"] = "",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "2025-01-01T00:00:00Z",
            ["goVersion"] = "",
            ["compiler"] = "vigia-simulator",
            ["platform"] = "linux/amd64",
        };
    }

    private IEnumerable<string> Groups() =>
        store
            .Types.Select(t => t.Group)
            .Concat(Alias.All.Select(a => a.Gvr.Group))
            .Concat(Reviews.Select(r => r.Group))
            .Where(g => g.Length > 0)
            .Distinct();

    private IEnumerable<string> Versions(string group) =>
        Reviews.Any(r => r.Group == group)
            ? ["v1"]
            : store
                .Types.Where(t => t.Group == group)
                .OrderBy(t => t.IsCustom ? VersionPriority(t.Version) : (0, 0, 0, ""))
                .Select(t => t.Version)
                .Concat(Alias.All.Where(a => a.Gvr.Group == group).Select(a => a.Gvr.Version))
                .Distinct();

    /// <summary>
    /// The order in which a server lists a custom group's versions: stable ones first, then beta, then alpha, the
    /// newest of each first.
    /// </summary>
    private static (int Stage, int Major, int Minor, string Name) VersionPriority(string version) =>
        VersionName().Match(version) is { Success: true } parts
            ? (
                parts.Groups[2].Value switch
                {
                    "" => 0,
                    "beta" => 1,
                    _ => 2,
                },
                -Number(parts.Groups[1]),
                -Number(parts.Groups[3]),
                ""
            )
            : (3, 0, 0, version);

    private static int Number(Capture group) =>
        int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex("^v([0-9]+)(?:(alpha|beta)([0-9]+))?$")]
    private static partial Regex VersionName();

    /// <summary>The types of a group and version: its own, and aliases of others.</summary>
    private IEnumerable<ResourceType> Types(string group, string version) =>
        store
            .Types.Where(t => t.Group == group && t.Version == version)
            .Concat(Alias.All.Where(a => a.Gvr.Group == group && a.Gvr.Version == version).Select(a => a.Stored));

    private JsonObject Group(string group, bool inList)
    {
        var json = new JsonObject();
        if (!inList)
        {
            json["kind"] = "APIGroup";
            json["apiVersion"] = "v1";
        }

        json["name"] = group;
        JsonObject One(string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        json["versions"] = new JsonArray([.. Versions(group).Select(v => (JsonNode)One(v))]);
        json["preferredVersion"] = One(Versions(group).First());
        return json;
    }

    private JsonObject Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var type in Types(group, version))
        {
            resources.AddNode(
                Resource(type.Plural, type.Singular, type.Kind, type.Namespaced, type.Verbs, type.ShortNames, type.Categories)
            );
            foreach (var (name, kind, verbs, subGroup, subVersion) in Subresources(type))
            {
                var sub = Resource($"{type.Plural}/{name}", "", kind, type.Namespaced, verbs, [], []);
                if (subVersion.Length > 0)
                {
                    sub["group"] = subGroup;
                    sub["version"] = subVersion;
                }

                resources.AddNode(sub);
            }
        }

        foreach (var review in Reviews.Where(r => r.Group == group))
        {
            resources.AddNode(Resource(review.Plural, review.Kind.ToLowerInvariant(), review.Kind, review.Namespaced, ["create"], [], []));
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static IEnumerable<(string Name, string Kind, string[] Verbs, string Group, string Version)> Subresources(ResourceType type)
    {
        string[] readWrite = ["get", "patch", "update"];
        if (type.HasStatus)
        {
            yield return ("status", type.Kind, readWrite, "", "");
        }

        if (type.HasScale)
        {
            yield return ("scale", "Scale", readWrite, "autoscaling", "v1");
        }

        if (type.Gvr == BuiltInTypes.Pods.Gvr)
        {
            yield return ("attach", "PodAttachOptions", ["create", "get"], "", "");
            yield return ("ephemeralcontainers", "Pod", readWrite, "", "");
            yield return ("binding", "Binding", ["create"], "", "");
            yield return ("eviction", "Eviction", ["create"], "policy", "v1");
            yield return ("exec", "PodExecOptions", ["create", "get"], "", "");
            yield return ("log", "Pod", ["get"], "", "");
            yield return ("portforward", "PodPortForwardOptions", ["create", "get"], "", "");
        }
    }

    private static JsonObject Resource(
        string name,
        string singular,
        string kind,
        bool namespaced,
        IReadOnlyList<string> verbs,
        IReadOnlyList<string> shortNames,
        IReadOnlyList<string> categories
    )
    {
        var json = new JsonObject
        {
            ["name"] = name,
            ["singularName"] = singular,
            ["namespaced"] = namespaced,
            ["kind"] = kind,
            ["verbs"] = Texts(verbs),
        };
        if (shortNames.Count > 0)
        {
            json["shortNames"] = Texts(shortNames);
        }

        if (categories.Count > 0)
        {
            json["categories"] = Texts(categories);
        }

        return json;
    }

    private JsonObject Aggregated(bool core, string version)
    {
        var items = new JsonArray();
        foreach (var group in core ? [""] : Groups())
        {
            var versions = new JsonArray();
            foreach (var v in Versions(group))
            {
                var resources = new JsonArray();
                foreach (var type in Types(group, v))
                {
                    var resource = AggregatedResource(
                        type.Plural,
                        type.Singular,
                        group,
                        v,
                        type.Kind,
                        type.Namespaced,
                        type.Verbs,
                        type.ShortNames,
                        type.Categories
                    );
                    var subs = new JsonArray([
                        .. Subresources(type)
                            .Select(s =>
                                (JsonNode)
                                    new JsonObject
                                    {
                                        ["subresource"] = s.Name,
                                        ["responseKind"] = Kind(
                                            s.Version.Length > 0 ? s.Group : group,
                                            s.Version.Length > 0 ? s.Version : v,
                                            s.Kind
                                        ),
                                        ["verbs"] = Texts(s.Verbs),
                                    }
                            ),
                    ]);
                    if (subs.Count > 0)
                    {
                        resource["subresources"] = subs;
                    }

                    resources.AddNode(resource);
                }

                foreach (var review in Reviews.Where(r => r.Group == group))
                {
                    resources.AddNode(
                        AggregatedResource(
                            review.Plural,
                            review.Kind.ToLowerInvariant(),
                            group,
                            v,
                            review.Kind,
                            review.Namespaced,
                            ["create"],
                            [],
                            []
                        )
                    );
                }

                versions.AddNode(
                    new JsonObject
                    {
                        ["version"] = v,
                        ["resources"] = resources,
                        ["freshness"] = "Current",
                    }
                );
            }

            var metadata = new JsonObject { ["creationTimestamp"] = null };
            if (group.Length > 0)
            {
                metadata["name"] = group;
            }

            items.AddNode(new JsonObject { ["metadata"] = metadata, ["versions"] = versions });
        }

        return new JsonObject
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = $"apidiscovery.k8s.io/{version}",
            ["metadata"] = new JsonObject(),
            ["items"] = items,
        };
    }

    private static JsonObject AggregatedResource(
        string plural,
        string singular,
        string group,
        string version,
        string kind,
        bool namespaced,
        IReadOnlyList<string> verbs,
        IReadOnlyList<string> shortNames,
        IReadOnlyList<string> categories
    )
    {
        var json = new JsonObject
        {
            ["resource"] = plural,
            ["responseKind"] = Kind(group, version, kind),
            ["scope"] = namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = singular,
            ["verbs"] = Texts(verbs),
        };
        if (shortNames.Count > 0)
        {
            json["shortNames"] = Texts(shortNames);
        }

        if (categories.Count > 0)
        {
            json["categories"] = Texts(categories);
        }

        return json;
    }

    private static JsonObject Kind(string group, string version, string kind) =>
        new()
        {
            ["group"] = group,
            ["version"] = version,
            ["kind"] = kind,
        };

    private static JsonArray Texts(IReadOnlyList<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
