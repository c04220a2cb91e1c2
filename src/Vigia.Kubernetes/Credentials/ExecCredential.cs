using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Vigia.Kubernetes.Credentials;

/// <summary>
/// A credential from an exec plugin: run when first needed, kept until it expires or the server refuses it, run once
/// however many wait.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim without a wait handle needs no disposal.")]
internal sealed class ExecCredential(ExecPlugin plugin, TimeProvider time) : ICredentialSource
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _running = new(1, 1);
    private volatile Cached? _cached;

    public async ValueTask<Credential> GetAsync(bool refresh, CancellationToken ct)
    {
        var before = _cached;
        if (!refresh && IsGood(before))
        {
            return before!.Credential;
        }

        await _running.WaitAsync(ct);
        try
        {
            // Another caller may have fetched it while we waited: a refresh needs a credential other than the refused
            // one.
            if (IsGood(_cached) && (!refresh || !ReferenceEquals(_cached, before)))
            {
                return _cached!.Credential;
            }

            return (_cached = await RunAsync(ct)).Credential;
        }
        finally
        {
            _running.Release();
        }
    }

    private bool IsGood(Cached? cached) => cached is not null && (cached.Expires is null || cached.Expires > time.GetUtcNow());

    private async Task<Cached> RunAsync(CancellationToken ct)
    {
        var start = new ProcessStartInfo(plugin.Command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in plugin.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = plugin.Info;
        using var process = Start(start);
        process.StandardInput.Close();
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var errors = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            var (answer, complaint) = (await output, await errors);
            return process.ExitCode == 0
                ? Read(answer)
                : throw Failed(
                    string.Create(CultureInfo.InvariantCulture, $"ended with exit code {process.ExitCode}{LastLine(complaint)}")
                );
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            throw Failed(string.Create(CultureInfo.InvariantCulture, $"did not end within {Patience.TotalSeconds} s"));
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw Failed("could not be started");
        }
        catch (Win32Exception error)
        {
            throw new CredentialException(
                $"{Who} could not be started: "
                    + $"{error.Message}{(plugin.InstallHint is { } hint ? $"; {hint.Trim()}" : "; is it installed and in $PATH?")}",
                error
            );
        }
    }

    private Cached Read(string output)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            if (json.RootElement.TryGetProperty("apiVersion", out var version) && version.GetString() != plugin.ApiVersion)
            {
                throw Failed($"answered with apiVersion {version.GetString()}, expected {plugin.ApiVersion}");
            }

            if (!json.RootElement.TryGetProperty("status", out var status))
            {
                throw Failed("answered without a status");
            }

            var token = Text(status, "token");
            var (certificate, key) = (Text(status, "clientCertificateData"), Text(status, "clientKeyData"));
            if (token is null && certificate is null)
            {
                throw Failed("answered with neither a token nor a client certificate");
            }

            DateTimeOffset? expires = DateTimeOffset.TryParse(
                Text(status, "expirationTimestamp"),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var at
            )
                ? at
                : null;
            var pair = certificate is null ? Credential.None : UserCredentials.FromPem(certificate, key ?? "");
            return new(pair with { AuthorizationHeader = token is null ? null : "Bearer " + token }, expires);
        }
        catch (Exception error) when (error is JsonException or CryptographicException or ArgumentException)
        {
            throw Failed($"answered with something other than an ExecCredential: {error.Message}");
        }
    }

    private string Who => $"the exec plugin '{plugin.Command}' of user \"{plugin.User}\"";

    private CredentialException Failed(string how) => new($"{Who} {how}");

    private static string? Text(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    private static string LastLine(string errors)
    {
        var line = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        return line is null ? "" : $": {(line.Length > 300 ? line[..300] : line)}";
    }

    private sealed record Cached(Credential Credential, DateTimeOffset? Expires);
}
