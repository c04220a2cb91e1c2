using System.Collections.Immutable;
using System.Text;
using Vigia.Catalog;
using Vigia.Catalog.Searching;
using Vigia.Kubernetes;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.App;

/// <content>What is done beside the drawing.</content>
internal sealed partial class TerminalApp
{
    private void Do(Effect effect)
    {
        switch (effect)
        {
            case QuitEffect:
                _quits = true;
                break;
            case SuspendEffect:
                _suspends = true;
                break;
            case RedrawEffect:
                _redraws = true;
                break;
            case CopyEffect copy:
                // OSC 52: the terminal's clipboard, over ssh as well.
                _terminal.Write(Encoding.ASCII.GetBytes($"\e]52;c;{Convert.ToBase64String(Encoding.UTF8.GetBytes(copy.Text))}\a"));
                _state = Toasts.Say(_state, $"copied {copy.What}, where the terminal allows it (OSC 52)", _time.GetUtcNow());
                break;
            case SaveEffect:
                Save();
                break;
            case ResolveEffect resolve:
                Resolve(resolve);
                break;
            case ContextEffect contexts:
                Switch(contexts.Names);
                break;
            case StopForwardEffect stop:
                Background(async _ =>
                {
                    if (_forwards.Take(stop.Number) is { } forward)
                    {
                        await forward.DisposeAsync();
                        Post(state => Toasts.Say(state, $"{forward.LocalEndPoint} leads nowhere any more", _time.GetUtcNow()));
                    }
                });
                break;
            case StopActionEffect stop:
                _actions.Find(stop.Number)?.Stopping.Cancel();
                break;
            case ObjectEffect action:
                Act(action);
                break;
            case EditEffect edit:
                GoOn(edit);
                break;
        }
    }

    private void Resolve(ResolveEffect resolve)
    {
        var links = _links.ToArray();
        _state = Toasts.Say(_state, $"looking for '{resolve.Name}'…", _time.GetUtcNow());
        Background(async token =>
        {
            var (entry, problem) = await FindAsync(links, resolve.Name, token);
            if (entry is null && problem is null)
            {
                // The beginning of one name, and of no other, means that one.
                var meant = Beginning(resolve.Name);
                (entry, problem) =
                    meant.Length == 1
                        ? await FindAsync(links, meant[0], token)
                        : (null, meant.Length is > 1 and <= 6 ? $"'{resolve.Name}' may be {string.Join(" or ", meant)}: say which" : null);
            }

            if (entry is not null)
            {
                Post(state => Navigation.OpenTable(state with { Toast = null }, entry, resolve.Namespace, resolve.Filter));
                return;
            }

            problem ??= $"unknown resource '{resolve.Name}'{Meant(resolve.Name)}; ctrl-a lists all";
            Post(state => Toasts.Say(state, problem, _time.GetUtcNow(), isError: true));
        });
    }

    private static async Task<(ResourceEntry? Entry, string? Problem)> FindAsync(
        IEnumerable<ClusterLink> links,
        string name,
        CancellationToken cancellationToken
    )
    {
        string? problem = null;
        foreach (var link in links)
        {
            var (entry, reason) = await link.ResolveAsync(name, cancellationToken);
            if (entry is not null)
            {
                return (entry, null);
            }

            problem ??= reason;
        }

        return (null, problem);
    }

    /// <summary>The resources with a name that begins so.</summary>
    private string[] Beginning(string text) =>
        [
            .. _names
                .Where(name =>
                    name.StartsWith(text, StringComparison.OrdinalIgnoreCase)
                    && !CommandLine.Words.Contains(name)
                    && !_options.Aliases.ContainsKey(name)
                )
                .Select(name => _options.Catalog.Find(name)?.Name ?? name)
                .Distinct(StringComparer.Ordinal),
        ];

    private string Meant(string name) => NearestName.Of(name, _names) is { } near ? $", did you mean '{near}'?" : "";

    /// <summary>Looks at these contexts and no others. What cannot be resolved leaves everything as it was.</summary>
    private void Switch(IReadOnlyList<string> names)
    {
        var added = new List<KubernetesClient>();
        try
        {
            foreach (var name in names.Where(name => _links.All(link => link.Name != name)))
            {
                added.Add(new KubernetesClient(_options.Resolve(name)));
            }
        }
        catch (Exception error)
        {
            // A kubeconfig that cannot be used: its sentence says what to do.
            Background(async _ =>
            {
                foreach (var client in added)
                {
                    await client.DisposeAsync();
                }
            });
            _state = Toasts.Say(_state, error.Message, _time.GetUtcNow(), isError: true);
            return;
        }

        var gone = _links.Where(link => !names.Contains(link.Name)).ToArray();
        CloseAll();
        foreach (var link in gone)
        {
            _links.Remove(link);
            Background(async _ => await link.DisposeAsync());
        }

        foreach (var client in added)
        {
            AddLink(client).Start();
        }

        _favoured = false;
        _namesAt = 0;
        _state = _state with { Contexts = [.. names], Favourites = [.. _options.Favourites] };

        // A table stays in sight, of what is now looked at; a text is of an object that may be gone.
        var table = _state.View as TableState ?? _state.Back.OfType<TableState>().FirstOrDefault();
        // Where one is stays the same: the namespace and the filter that were typed, or were there before.
        _state = Navigation.OpenTable(
            _state with
            {
                Back = [],
                Forward = [],
            },
            table?.Entry ?? _options.Catalog.Find("pods")!,
            table?.Namespace,
            table?.Filter.Text ?? ""
        ) with
        {
            Back = [],
        };
        _state = Toasts.Say(_state, $"looking at {string.Join(", ", names)}", _time.GetUtcNow());
    }

    private void Save()
    {
        var context = Context();
        var (name, text) = _state.View switch
        {
            TableState table => ($"vigia-{table.Entry.Name}", TableExport.Write(table, context.Rows, _links.Count > 1, _time.GetUtcNow())),
            TextState view => (
                $"vigia-{view.Kind.ToString().ToLowerInvariant()}-{view.Object.Key.Name ?? "text"}",
                string.Join('\n', context.Document.Lines.Select(line => line.Plain)) + "\n"
            ),
            _ => ("vigia", _shown?.ToText() ?? ""),
        };
        var file = Path.GetFullPath($"{name}-{_time.GetLocalNow():yyyyMMdd-HHmmss}.txt");
        Background(async token =>
        {
            await File.WriteAllTextAsync(file, text, token);
            Post(state => Toasts.Say(state, $"saved {file}", _time.GetUtcNow()));
        });
    }
}
