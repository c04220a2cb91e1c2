using System.Diagnostics;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Objects;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Texts;
using YamlDotNet.Core;

namespace Vigia.Terminal.Objects;

/// <summary>An object in <c>$EDITOR</c>: written as YAML, read back, and sent as a merge patch of what was changed, so that what others changed meanwhile stays.</summary>
internal sealed class ObjectEditing
{
    private readonly ClusterLink _link;
    private readonly string _path;
    private readonly string _file;
    private readonly JsonDocument _before;

    private ObjectEditing(ClusterLink link, string path, string file, JsonDocument before) => (_link, _path, _file, _before) = (link, path, file, before);

    /// <summary>Gets the object and writes it to a file for the editor.</summary>
    public static async Task<ObjectEditing> BeginAsync(ClusterLink link, ResourceEntry entry, ObjectKey key, CancellationToken cancellationToken)
    {
        var version = link.Feed(entry).Version ?? throw new InvalidOperationException($"where {link.Name} has {entry.Name} is not known yet");
        var path = version.Path(key.Namespace, key.Name);
        using var whole = JsonDocument.Parse(await link.Client.GetBytesAsync(path, ct: cancellationToken));
        var before = JsonDocument.Parse(WithoutManagedFields(whole.RootElement));
        var folder = Directory.CreateTempSubdirectory("vigia-edit-");
        var file = Path.Combine(folder.FullName, $"{key.Name}.yaml");
        await File.WriteAllTextAsync(file, $"# {entry.Kind} {key} in {link.Name}: what is saved is applied; an unchanged file changes nothing.\n{YamlText.WriteText(before.RootElement)}", cancellationToken);
        return new(link, path, file, before);
    }

    /// <summary>Runs the editor in this terminal until it ends; returns what is wrong with that, or null.</summary>
    public string? RunEditor()
    {
        var editor = Environment.GetEnvironmentVariable("KUBE_EDITOR") is { Length: > 0 } kube ? kube : Environment.GetEnvironmentVariable("VISUAL") is { Length: > 0 } visual ? visual : Environment.GetEnvironmentVariable("EDITOR") is { Length: > 0 } plain ? plain : "vi";
        try
        {
            // Through a shell, since $EDITOR may have arguments of its own.
            using var process = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"exec {editor} \"$1\"", "sh", _file }, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{editor} ended with {process.ExitCode}: nothing was changed";
        }
        catch (Exception error) when (error is IOException or System.ComponentModel.Win32Exception)
        {
            return $"{editor} cannot be started: {error.Message}; set $EDITOR";
        }
    }

    /// <summary>Sends what was changed; returns what to say.</summary>
    public async Task<string> FinishAsync(string? outcome, CancellationToken cancellationToken)
    {
        var keep = false;
        try
        {
            if (outcome is not null)
            {
                return outcome;
            }

            var text = await File.ReadAllTextAsync(_file, cancellationToken);
            using var after = JsonDocument.Parse(YamlJson.Convert(text));
            if (MergePatchOf.Write(_before.RootElement, after.RootElement) is not { } patch)
            {
                return "edit: nothing was changed";
            }

            await _link.Client.SendBytesAsync(HttpMethod.Patch, _path + "?fieldManager=vigia", patch, "application/merge-patch+json", cancellationToken);
            return $"edited {Path.GetFileNameWithoutExtension(_file)}";
        }
        catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException or YamlException or JsonException)
        {
            keep = true;
            throw new InvalidOperationException($"{refused.Message.TrimEnd('.')}; what you wrote is kept in {_file}", refused);
        }
        finally
        {
            _before.Dispose();
            if (!keep)
            {
                Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
            }
        }
    }

    private static byte[] WithoutManagedFields(JsonElement json)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var member in json.EnumerateObject())
            {
                if (member.Name != "metadata")
                {
                    member.WriteTo(writer);
                    continue;
                }

                writer.WriteStartObject("metadata");
                foreach (var part in member.Value.EnumerateObject().Where(part => part.Name != "managedFields"))
                {
                    part.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
