using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Describe;
using Vigia.Gateway.Endpoints.KubernetesApi;
using Vigia.Gateway.Endpoints.Relations;
using Vigia.Gateway.Endpoints.Status;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.OpenApi;

/// <summary>
/// Creates the document (OpenAPI 3.1) from the mapped routes, the current catalog, and the authentication.
/// </summary>
/// <remarks>
/// A route is described by the <see cref="ApiOperation"/> in its metadata; its security follows from
/// <see cref="AccessNeed"/>, rows from the catalog's columns. A route without a description is left out, and a test
/// fails.
/// </remarks>
internal sealed class ApiDocument
{
    private static readonly Dictionary<string, (string Description, string Example)> PathParameters = new(StringComparer.Ordinal)
    {
        ["resource"] = ("A resource's name or alias (GET /api/v1/resources).", "pods"),
        ["uid"] = ("The object's uid.", "6f2c1c5e-8a0b-4f2e-9d0c-1b1f0c5f7a11"),
        ["ns"] = ("The namespace.", "default"),
        ["namespace"] = ("The namespace.", "default"),
        ["name"] = ("The object's name.", "web-1"),
        ["cluster"] = ("The cluster, by the name of its context.", "production"),
        ["group"] = ("The API group.", "apps"),
        ["version"] = ("The group's version.", "v1"),
    };

    private readonly JsonObject _paths = [];
    private readonly ResourceCatalog _catalog;
    private readonly AuthMode _mode;
    private readonly ApiNames _names;
    private readonly HashSet<string> _literal;

    private ApiDocument(IEnumerable<RouteEndpoint> endpoints, ResourceCatalog catalog, AuthMode mode)
    {
        (_catalog, _mode, _names) = (catalog, mode, new ApiNames(catalog));
        var all = endpoints.Select(endpoint => (Path: endpoint.RoutePattern.RawText ?? "", Endpoint: endpoint)).ToArray();
        _literal = all.Select(route => route.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, endpoint) in all)
        {
            if (endpoint.Metadata.GetMetadata<ApiOperation>() is { } operation)
            {
                var need = endpoint.Metadata.GetMetadata<AccessNeed>() ?? AccessNeed.Of(path);
                foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [HttpMethodGet])
                {
                    Add(path, method, operation, need);
                }
            }
        }

        foreach (var (path, operation) in KubernetesOperations.All)
        {
            Add(path, HttpMethodGet, operation, AccessNeed.Lists);
        }

        foreach (var (path, operation) in KubernetesOperations.Reviews)
        {
            Add(path, "POST", operation, AccessNeed.Lists);
        }
    }

    private const string HttpMethodGet = "GET";

    /// <summary>Creates the document.</summary>
    public static JsonObject Create(IEnumerable<RouteEndpoint> endpoints, ResourceCatalog catalog, AuthMode mode) =>
        new ApiDocument(endpoints, catalog, mode).ToJson();

    private JsonObject ToJson()
    {
        var schemas = SharedSchemas
            .All.Concat(StatusSchemas.All)
            .Concat(StreamSchemas.All)
            .Concat(RelationSchemas.All)
            .Concat(DescribeSchemas.All)
            .Concat(SocketSchemas.All(_names))
            .Concat(KubernetesSchemas.All)
            .Concat(_catalog.Entries.Prepend(null).SelectMany(entry => ResourceSchemas.Of(_names, entry)))
            .Concat(
                _catalog.Presets.SelectMany(preset =>
                    _catalog.Find(preset.Resource) is { } entry ? StreamSchemas.Of(_names, preset, entry) : []
                )
            );
        var components = new JsonObject
        {
            ["schemas"] = new JsonObject(schemas.Select(schema => KeyValuePair.Create(schema.Name, (JsonNode?)schema.Schema))),
            ["responses"] = ApiFaults.Components,
        };
        if (_mode != AuthMode.None)
        {
            components["securitySchemes"] = Security();
        }

        Prune(components);
        if (Shared() is { Count: > 0 } shared)
        {
            components["parameters"] = shared;
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Vigia gateway",
                ["version"] = typeof(ApiDocument).Assembly.GetName().Version?.ToString(3),
                ["description"] =
                    "The live state of Kubernetes clusters, as lists, streams and graphs. Every error is a problem "
                    + "document (RFC 9457) with an additional member error. Custom resources have their own paths here "
                    + "while their definitions exist. Only reviews of the Kubernetes API have a request body. URLs and "
                    + "headers that are too long are refused with 414 and 431.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = _mode == AuthMode.None ? new JsonArray() : new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
            ["paths"] = _paths,
            ["components"] = components,
        };
    }

    /// <summary>Removes unreferenced parts: the possible errors depend on the authentication.</summary>
    private void Prune(JsonObject components)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        Follow(_paths);
        foreach (var kind in new[] { "schemas", "responses" })
        {
            var all = components[kind]!.AsObject();
            foreach (
                var name in all.Select(component => component.Key).Where(name => !used.Contains($"#/components/{kind}/{name}")).ToArray()
            )
            {
                all.Remove(name);
            }
        }

        void Follow(JsonNode? node)
        {
            switch (node)
            {
                case JsonArray array:
                    foreach (var item in array)
                    {
                        Follow(item);
                    }

                    break;
                case JsonObject json:
                    foreach (var (name, value) in json)
                    {
                        if (name == "$ref" && (string?)value is { } reference && used.Add(reference))
                        {
                            var parts = reference.Split('/');
                            Follow(components[parts[^2]]?[parts[^1]] ?? throw new InvalidOperationException($"{reference} leads nowhere"));
                        }

                        Follow(value);
                    }

                    break;
            }
        }
    }

    /// <summary>
    /// Parameters shared by several operations are described once: the document has less than half the size.
    /// </summary>
    private JsonObject Shared()
    {
        var shared = new JsonObject();
        var all = _paths
            .SelectMany(path => path.Value!.AsObject())
            .Select(operation => operation.Value!["parameters"]?.AsArray())
            .OfType<JsonArray>()
            .SelectMany(parameters => parameters.Select((parameter, i) => (Parameters: parameters, Index: i, Json: parameter!)));
        foreach (
            var same in all.GroupBy(place => place.Json.ToJsonString(), StringComparer.Ordinal).Where(group => group.Count() > 2).ToArray()
        )
        {
            var json = same.First().Json;
            var name = (string)json["name"]!;
            for (var i = 2; shared.ContainsKey(name); i++)
            {
                name = $"{(string)json["name"]!}{i}";
            }

            shared[name] = json.DeepClone();
            foreach (var (parameters, index, _) in same.ToArray())
            {
                parameters[index] = new JsonObject { ["$ref"] = $"#/components/parameters/{name}" };
            }
        }

        return shared;
    }

    private JsonObject Security() =>
        new()
        {
            ["bearer"] = new JsonObject
            {
                ["type"] = "http",
                ["scheme"] = "bearer",
                ["description"] =
                    _mode == AuthMode.Kubernetes
                        ? "A bearer token of the clusters (kubectl create token). The clusters authenticate it (TokenReview) "
                            + "and authorize the caller (SubjectAccessReview)."
                        : "A token of the gateway's token file.",
            },
            ["ticket"] = new JsonObject
            {
                ["type"] = "apiKey",
                ["in"] = "query",
                ["name"] = "ticket",
                ["description"] = "For streams only: a ticket from POST /api/v1/tickets?for=PATH, valid for one stream and a short time.",
            },
        };

    private void Add(string path, string method, ApiOperation operation, AccessNeed need)
    {
        // OpenAPI 3.1 has no word for CONNECT, by which HTTP/2 opens what GET opens; HEAD is GET without a body.
        if (method is "CONNECT" or "HEAD")
        {
            return;
        }

        if (operation.PerPreset is { } perPreset)
        {
            foreach (var preset in _catalog.Presets)
            {
                Write(path.Replace("{preset}", preset.Path, StringComparison.Ordinal), method, perPreset(preset), need, null);
            }

            return;
        }

        Write(path, method, operation, need, operation.Entry is { } about ? _catalog.Find(about) : null);
        foreach (var entry in operation.PerEntry is { } isMeant ? _catalog.Entries.Where(isMeant) : [])
        {
            var own = path.Replace("{resource}", entry.Name, StringComparison.Ordinal);
            if (!_literal.Contains(own))
            {
                Write(own, method, operation with { Description = $"As {path}, with its own schemas." }, need, entry);
            }
        }
    }

    private void Write(string path, string method, ApiOperation operation, AccessNeed need, ResourceEntry? entry)
    {
        var parameters = new JsonArray([
            .. PathParametersOf(path).Concat(operation.Parameters(entry)).Select(parameter => parameter.ToJson()),
        ]);
        var responses = new JsonObject();
        foreach (var answer in operation.Answers)
        {
            responses[$"{answer.Status}"] = answer.ToJson(_names, entry);
        }

        foreach (var status in ApiFaults.Of(operation, need, _mode, parameters.Count > 0))
        {
            responses.TryAdd($"{status}", ApiFaults.Ref(status, operation.IsKubernetes));
        }

        var json = new JsonObject
        {
            ["operationId"] = operation.Id.Replace(ApiNames.Any, _names.Of(entry), StringComparison.Ordinal),
            ["tags"] = new JsonArray(operation.Tag),
            ["summary"] = operation.Summary.Replace("{resource}", entry?.Name ?? "a resource", StringComparison.Ordinal),
        };
        if (operation.Description.Length > 0)
        {
            json["description"] = operation.Description;
        }

        if (parameters.Count > 0)
        {
            json["parameters"] = parameters;
        }

        if (operation.Body is { } body)
        {
            json["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject { ["application/json"] = ApiAnswer.Media(Schema.Ref(body)) },
            };
        }

        if (_mode != AuthMode.None && need.IsOpen)
        {
            json["security"] = new JsonArray();
        }
        else if (_mode != AuthMode.None && need.AcceptsTickets)
        {
            json["security"] = new JsonArray(
                new JsonObject { ["bearer"] = new JsonArray() },
                new JsonObject { ["ticket"] = new JsonArray() }
            );
        }

        json["responses"] = responses;
        foreach (var (name, value) in operation.Extension?.Invoke() ?? [])
        {
            json[name] = value?.DeepClone();
        }

        if (_paths[path] is not JsonObject item)
        {
            _paths[path] = item = [];
        }

        item[method.ToLowerInvariant()] = json;
    }

    private static IEnumerable<ApiParameter> PathParametersOf(string path) =>
        path.Split('/')
            .Where(part => part is ['{', .., '}'])
            .Select(part => part[1..^1])
            .Select(name =>
                PathParameters.TryGetValue(name, out var known)
                    ? ApiParameter.InPath(name, Schema.Text(), known.Description, known.Example)
                    : ApiParameter.InPath(name, Schema.Text(), name, name)
            );
}
