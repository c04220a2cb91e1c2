using System.Net;
using System.Text;

namespace Vigia.Simulator.Tests;

/// <summary>Files with tokens in them, and orders that a page of another site could send.</summary>
public sealed class PrivateFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-private-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_kubeconfig_is_for_its_owner_and_what_a_link_leads_to_is_left_alone()
    {
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);
        var (target, link, open) = (
            Path.Combine(_folder.FullName, "target"),
            Path.Combine(_folder.FullName, "link"),
            Path.Combine(_folder.FullName, "open")
        );
        await File.WriteAllTextAsync(target, "precious", Token);
        File.CreateSymbolicLink(link, target);
        await File.WriteAllTextAsync(open, "old", Token);

        await simulator.WriteKubeconfigAsync(link, cancellationToken: Token);
        await simulator.WriteKubeconfigAsync(open, cancellationToken: Token);

        Assert.Equal("precious", await File.ReadAllTextAsync(target, Token));
        foreach (var path in new[] { link, open, simulator.KubeconfigPath })
        {
            Assert.Contains("simulator", await File.ReadAllTextAsync(path, Token), StringComparison.Ordinal);
            Assert.Null(new FileInfo(path).LinkTarget);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }
        }

        Assert.Equal(3, _folder.GetFiles().Length);
        Assert.DoesNotContain($"-{Environment.ProcessId}-", simulator.KubeconfigPath, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain", null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data; boundary=x", null, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", null, HttpStatusCode.OK)]
    [InlineData("text/plain", "admin-token", HttpStatusCode.OK)]
    public async Task A_fault_is_not_taken_from_what_any_page_may_send(string type, string? token, HttpStatusCode expected)
    {
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{simulator.Url}/simulator/faults")
        {
            Content = new StringContent("""{"action":"snapshot"}""", Encoding.UTF8),
        };
        request.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using var response = await http.SendAsync(request, Token);
        Assert.Equal(expected, response.StatusCode);
    }
}
