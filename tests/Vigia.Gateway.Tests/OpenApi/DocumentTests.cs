using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vigia.Gateway.Access;
using Vigia.Gateway.Tests.Access;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>The document against the routes that are mapped, and before validators that others wrote.</summary>
public sealed class DocumentTests
{
    // What answers where nothing is mapped: no route of the API.
    private static bool IsFallback(string pattern) =>
        pattern.StartsWith("{*", StringComparison.Ordinal) || pattern.StartsWith("/{*", StringComparison.Ordinal);

    [Fact]
    public async Task Every_route_that_is_mapped_is_in_the_document()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        var paths = (await Validators.DocumentAsync(fixture.Http, gateway))["paths"]!.AsObject();
        var missing = new List<string>();
        foreach (var route in gateway.Routes)
        {
            var pattern = route.RoutePattern.RawText!;
            var ways = route.Metadata.OfType<Microsoft.AspNetCore.Routing.HttpMethodMetadata>().FirstOrDefault()?.HttpMethods ?? ["GET"];
            missing.AddRange(
                IsFallback(pattern)
                    ? []
                    : ways.Where(method => method is not ("CONNECT" or "HEAD") && !Documented(paths, pattern, method))
                        .Select(method => $"{method} {pattern}")
            );
        }

        Assert.True(
            missing.Count == 0,
            $"give these an ApiOperation where they are mapped (.WithMetadata), see src/Vigia.Gateway/OpenApi/Operations: "
                + $"{string.Join(", ", missing)}"
        );
        Assert.True(paths.Count > 30, $"only {paths.Count} paths");

        // The Kubernetes API has no routes: what it answers beside objects is named here.
        foreach (var prefix in new[] { "", "/kubernetes/{cluster}" })
        {
            Assert.All(
                new[]
                {
                    "authorization.k8s.io/v1/selfsubjectaccessreviews",
                    "authorization.k8s.io/v1/selfsubjectrulesreviews",
                    "authentication.k8s.io/v1/selfsubjectreviews",
                },
                review => Assert.NotNull(paths[$"{prefix}/apis/{review}"]?["post"]?["requestBody"])
            );
            Assert.All(
                new[] { "openapi/v2", "openapi/v3", "openapi/v3/apis/{group}/{version}", "livez", "version" },
                path => Assert.NotNull(paths[$"{prefix}/{path}"]?["get"])
            );
        }
    }

    [Fact]
    public async Task Every_path_of_the_document_is_answered_by_what_it_describes()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        foreach (var (path, item) in (await Validators.DocumentAsync(fixture.Http, gateway))["paths"]!.AsObject())
        {
            foreach (var (method, operation) in item!.AsObject())
            {
                using var request = new HttpRequestMessage(
                    new HttpMethod(method),
                    new Uri(gateway.Url, Filled(path, operation!.AsObject()))
                );
                using var response = await fixture.Http.SendAsync(
                    request,
                    HttpCompletionOption.ResponseHeadersRead,
                    TestContext.Current.CancellationToken
                );
                var status = $"{(int)response.StatusCode}";
                Assert.True(
                    operation!["responses"]!.AsObject().ContainsKey(status),
                    $"{method} {path} answers {status}, which is not described"
                );
                if (response.IsSuccessStatusCode)
                {
                    var described = operation["responses"]![status]!["content"]!.AsObject();
                    Assert.True(
                        described.ContainsKey(response.Content.Headers.ContentType?.MediaType ?? ""),
                        $"{method} {path} answers {response.Content.Headers.ContentType}"
                    );
                    continue;
                }

                // The answer of one who knows what was asked for, and not that of the end of the line.
                var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                Assert.DoesNotContain("no route matches", body, StringComparison.Ordinal);
                Assert.DoesNotContain("not a path of the Kubernetes API", body, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(AuthMode.None)]
    [InlineData(AuthMode.Kubernetes)]
    public async Task The_document_is_accepted_by_validators_of_OpenAPI(AuthMode mode)
    {
        Validators.Require();
        await using var fixture = await AccessFixture.StartAsync();
        var gateway = mode == AuthMode.Kubernetes ? fixture.Gateway : await fixture.GatewayAsync(new AccessOptions { Mode = mode });
        var document = await Validators.DocumentAsync(fixture.Inner.Http, gateway, mode == AuthMode.Kubernetes ? "admin-token" : null);
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder.File("api.json"), document.ToJsonString(), TestContext.Current.CancellationToken);
        var (code, said) = await Validators.RunAsync("validate.mjs", [folder.File("api.json")]);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Who_asks_is_in_the_document_as_the_gateway_asks_it()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var closed = await Validators.DocumentAsync(fixture.Inner.Http, fixture.Gateway, "anna-token");
        Assert.Equal(["bearer", "ticket"], closed["components"]!["securitySchemes"]!.AsObject().Select(scheme => scheme.Key));
        Assert.Equal("""[{"bearer":[]}]""", closed["security"]!.ToJsonString());
        Assert.Equal("""[{"bearer":[]},{"ticket":[]}]""", closed["paths"]!["/api/v1/pods/stream"]!["get"]!["security"]!.ToJsonString());
        Assert.Equal("[]", closed["paths"]!["/healthz"]!["get"]!["security"]!.ToJsonString());
        Assert.NotNull(closed["paths"]!["/api/v1/pods"]!["get"]!["responses"]!["401"]);

        var open = await Validators.DocumentAsync(fixture.Inner.Http, await fixture.GatewayAsync(new AccessOptions()));
        Assert.Null(open["components"]!["securitySchemes"]);
        Assert.Null(open["paths"]!["/api/v1/pods"]!["get"]!["responses"]!["401"]);
    }

    /// <summary>The path with examples in it, and what is required behind it.</summary>
    internal static string Filled(string path, JsonObject operation)
    {
        var parameters = Validators.ParametersOf(operation);
        foreach (var parameter in parameters.Where(parameter => (string)parameter["in"]! == "path"))
        {
            var name = (string)parameter["name"]!;
            path = path.Replace($"{{{name}}}", name == "cluster" ? "sim" : (string)parameter["example"]!, StringComparison.Ordinal);
        }

        var required = parameters
            .Where(parameter => (string)parameter["in"]! == "query" && (bool?)parameter["required"] == true)
            .Select(parameter =>
            {
                var example = parameter["example"];
                var value = example is JsonArray many ? string.Join(',', many.Select(one => (string)one!)) : (string)example!;
                return $"{parameter["name"]}={value}";
            });
        return $"{path}?{string.Join('&', required)}".TrimEnd('?');
    }

    private static bool Documented(JsonObject paths, string pattern, string method)
    {
        // A pattern for each of the catalog's streams is there as they are.
        var shape = new Regex(
            $"^{Regex.Replace(Regex.Escape(pattern).Replace("}", "}", StringComparison.Ordinal), @"\\\{preset}", "[^/]+")}$"
        );
        return paths.Any(path =>
            (path.Key == pattern || shape.IsMatch(path.Key)) && path.Value!.AsObject().ContainsKey(method.ToLowerInvariant())
        );
    }
}
