using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Texts;
using YamlDotNet.Core;

namespace Vigia.Terminal.Actions;

/// <summary>What became of an edit.</summary>
/// <param name="Text">What to say.</param>
/// <param name="IsError">Whether it went wrong.</param>
/// <param name="IsAgain">True where the editor is to be opened again: the file says why at its top.</param>
/// <param name="Conflicts">The fields of others that it would change; empty for none.</param>
internal sealed record EditResult(string Text, bool IsError = false, bool IsAgain = false, IReadOnlyList<ApplyConflict>? Conflicts = null);

/// <summary>
/// An object in <c>$EDITOR</c>: written as YAML without status and managedFields, read back, and what was changed sent
/// by server-side apply. What cannot be read or is refused opens the editor again with the reason as a comment at the
/// top; nothing that was written is lost before it is applied.
/// </summary>
internal sealed class EditSession
{
    private const int CommentWidth = 110;

    private readonly ClusterLink _link;
    private readonly ActionTarget _target;
    private readonly string _file;
    private readonly JsonElement _live;
    private readonly string _about;
    private string _head;
    private string _body;
    private bool _wasRefused;
    private EditAction? _action;

    private EditSession(ClusterLink link, ActionTarget target, string file, JsonElement live, string about)
    {
        (_link, _target, _file, _live, _about) = (link, target, file, live, about);
        (_head, _body) = (Comment(about), YamlText.WriteText(EditAction.Editable(live)));
    }

    /// <summary>The command that does the same.</summary>
    public string Kubectl => new ApplyAction(_target, default).Kubectl;

    /// <summary>What is edited, as <c>deployment shop/web</c>.</summary>
    public string Title { get; private init; } = "";

    /// <summary>What stands in the file, without the comment at its top.</summary>
    internal string Text => _body;

    /// <summary>Leaves the edit and removes its file.</summary>
    internal void Drop() => Gone("");

    /// <summary>Gets the object and writes it to a file for the editor.</summary>
    /// <exception cref="KubernetesApiException">The server said no.</exception>
    public static async Task<EditSession> BeginAsync(
        ClusterLink link,
        ResourceEntry entry,
        ObjectKey key,
        CancellationToken cancellationToken
    )
    {
        var version =
            link.Feed(entry).Version ?? throw new InvalidOperationException($"where {link.Name} has {entry.Name} is not known yet");
        var target = new ActionTarget(version, key, link.Name);
        JsonElement live;
        using (var whole = JsonDocument.Parse(await link.Client.GetBytesAsync(target.Path(), ct: cancellationToken)))
        {
            live = whole.RootElement.Clone();
        }

        // What the editor would show must be the object: an unchanged file must change nothing.
        var editable = EditAction.Editable(live);
        if (!IsSame(editable, YamlText.WriteText(editable), out var difference))
        {
            throw new InvalidOperationException(
                $"{entry.Kind.ToLowerInvariant()} {key} cannot be edited here: written as YAML it does not read back as the same object "
                    + $"({difference}); use kubectl edit -o json"
            );
        }

        // Others on this machine may not read it: it may be a Secret.
        var folder = Directory.CreateTempSubdirectory("vigia-edit-");
        var title = $"{entry.Kind.ToLowerInvariant()} {key}";
        var about =
            $"{title} in {link.Name}: what is saved is applied; an unchanged or empty file changes nothing.\n$ "
            + $"{new ApplyAction(target, default).Kubectl}";
        var session = new EditSession(link, target, Path.Combine(folder.FullName, $"{key.Name}.yaml"), live, about) { Title = title };
        await session.WriteAsync(cancellationToken);
        return session;
    }

    /// <summary>Runs the editor in this terminal until it ends; returns what is wrong with that, or null.</summary>
    /// <param name="isStopped">Asked now and then: true ends the editor, as the program is to end.</param>
    public string? RunEditor(Func<bool> isStopped)
    {
        var editor =
            Environment.GetEnvironmentVariable("KUBE_EDITOR") is { Length: > 0 } kube ? kube
            : Environment.GetEnvironmentVariable("VISUAL") is { Length: > 0 } visual ? visual
            : Environment.GetEnvironmentVariable("EDITOR") is { Length: > 0 } plain ? plain
            : "vi";
        try
        {
            // Through a shell, since $EDITOR may have arguments of its own.
            using var process = Process.Start(
                new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"exec {editor} \"$1\"", "sh", _file }, UseShellExecute = false }
            )!;
            while (!process.WaitForExit(200))
            {
                if (isStopped())
                {
                    process.Kill(entireProcessTree: true);
                    process.WaitForExit();
                    return $"{editor} was ended";
                }
            }

            return process.ExitCode == 0 ? null : $"{editor} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}";
        }
        catch (Exception error) when (error is IOException or System.ComponentModel.Win32Exception)
        {
            return $"{editor} cannot be started: {error.Message}; set $EDITOR";
        }
    }

    /// <summary>Reads what was written and brings it to the server.</summary>
    /// <param name="outcome">What was wrong with the editor; null for nothing.</param>
    /// <param name="cancellationToken">Gives up; the file stays.</param>
    public async Task<EditResult> FinishAsync(string? outcome, CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(_file, cancellationToken);
        var body = Body(text);
        if (outcome is not null)
        {
            return new(
                body == _body && !_wasRefused ? Gone($"{outcome}: nothing was changed") : $"{outcome}: nothing was changed; {Kept}",
                IsError: true
            );
        }

        if (string.IsNullOrWhiteSpace(body))
        {
            return new(Gone($"{Title}: the edit was left, since the file is empty"));
        }

        if (body == _body)
        {
            return _wasRefused
                ? new($"{Title}: the edit was left, not changed since it was refused; {Kept}", IsError: true)
                : new(Gone($"{Title}: no changes"));
        }

        _body = body;
        try
        {
            using var edited = JsonDocument.Parse(YamlJson.Convert(body));
            _action = new EditAction(_target, _live, edited.RootElement.Clone());
        }
        catch (Exception wrong) when (wrong is YamlException or ArgumentException or JsonException)
        {
            var line = wrong is YamlException { Start.Line: > 0 } at ? at.Start.Line : 0;
            return await AgainAsync(wrong.Message.Split(" (Parameter", StringSplitOptions.None)[0], (int)line, cancellationToken);
        }

        return _action.IsEmpty ? new(Gone($"{Title}: no changes")) : await SendAsync(_action, cancellationToken);
    }

    /// <summary>Goes on as was chosen where others' fields stand in the way.</summary>
    public async Task<EditResult> GoOnAsync(EditStep step, string reason, CancellationToken cancellationToken) =>
        step switch
        {
            EditStep.Force => await SendAsync(new EditAction(_target, _live, ObjectOf(_body)) { Force = true }, cancellationToken),
            EditStep.Again => await AgainAsync(reason, 0, cancellationToken),
            _ => new($"{Title}: the edit was left, nothing was changed; {Kept}"),
        };

    private static bool IsSame(JsonElement live, string yaml, out string difference)
    {
        difference = "other contents";
        try
        {
            return JsonElement.DeepEquals(live, ObjectOf(yaml));
        }
        catch (Exception unreadable) when (unreadable is YamlException or ArgumentException or JsonException)
        {
            difference = unreadable.Message;
            return false;
        }
    }

    private string Kept => $"what you wrote is kept in {_file}";

    private static JsonElement ObjectOf(string body)
    {
        using var edited = JsonDocument.Parse(YamlJson.Convert(body));
        return edited.RootElement.Clone();
    }

    private async Task<EditResult> SendAsync(EditAction action, CancellationToken cancellationToken)
    {
        try
        {
            return new(Gone(await action.RunAsync(_link.Client, null, cancellationToken)));
        }
        catch (ApplyConflictException conflict)
        {
            return new(conflict.Message, IsError: true, Conflicts: conflict.Conflicts);
        }
        catch (KubernetesApiException refused)
            when (refused.Code is 400 or 422
                || (refused.IsForbidden && refused.Message.Contains("admission", StringComparison.OrdinalIgnoreCase))
            )
        {
            return await AgainAsync(refused.Message, 0, cancellationToken);
        }
        catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException or CredentialException)
        {
            return new($"{ObjectActions.Explain(refused, _target, action.Rights).TrimEnd('.')}; {Kept}", IsError: true);
        }
    }

    private async Task<EditResult> AgainAsync(string reason, int line, CancellationToken cancellationToken)
    {
        _wasRefused = true;

        // The line as the file will have it: what is said at the top moves it.
        var head = Comment($"{_about}\n\nNot applied: {(line > 0 ? "line 9999: " : "")}{reason}\n");
        var place = line > 0 ? string.Create(CultureInfo.InvariantCulture, $"line {line + head.Count(c => c == '\n')}: ") : "";
        _head = Comment($"{_about}\n\nNot applied: {place}{reason}\n");
        await WriteAsync(cancellationToken);
        return new(reason, IsError: true, IsAgain: true);
    }

    private Task WriteAsync(CancellationToken cancellationToken) => File.WriteAllTextAsync(_file, _head + _body, cancellationToken);

    /// <summary>What was written, without the comment at the top, whatever was done to that.</summary>
    private string Body(string text)
    {
        if (text.StartsWith(_head, StringComparison.Ordinal))
        {
            return text[_head.Length..];
        }

        var ours = _head.Split('\n').ToHashSet(StringComparer.Ordinal);
        var lines = text.Split('\n');
        return string.Join('\n', lines.SkipWhile(line => line.Length > 0 && ours.Contains(line)));
    }

    private string Gone(string text)
    {
        Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
        return text;
    }

    private static string Comment(string text)
    {
        var comment = new StringBuilder();
        foreach (var line in text.Split('\n'))
        {
            var rest = line.TrimEnd();
            while (rest.Length > CommentWidth && !rest.StartsWith('$'))
            {
                var at = rest.LastIndexOf(' ', CommentWidth);
                at = at < CommentWidth / 2 ? CommentWidth : at;
                comment.Append("# ").Append(rest.AsSpan(0, at)).Append('\n');
                rest = rest[at..].TrimStart();
            }

            comment.Append(rest.Length == 0 ? "#" : "# ").Append(rest).Append('\n');
        }

        return comment.ToString();
    }
}
