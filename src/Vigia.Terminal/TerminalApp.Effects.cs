using System.Collections.Immutable;
using System.Text;
using Vigia.Kubernetes.PortForwarding;
using Vigia.Kubernetes.Transport;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Objects;
using Vigia.Terminal.States;

namespace Vigia.Terminal;

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
                _state = Reducer.Say(_state, $"copied {copy.What}, where the terminal allows it (OSC 52)", _time.GetUtcNow());
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
                    }
                });
                break;
            case ObjectEffect action:
                Act(action);
                break;
        }
    }

    private void Resolve(ResolveEffect resolve)
    {
        var links = _links.ToArray();
        _state = Reducer.Say(_state, $"looking for '{resolve.Name}'…", _time.GetUtcNow());
        Background(async token =>
        {
            foreach (var link in links)
            {
                if (await link.ResolveAsync(resolve.Name, token) is { } entry)
                {
                    Post(state => Reducer.OpenTable(state with { Toast = null }, entry, resolve.Namespace, resolve.Filter));
                    return;
                }
            }

            Post(state => Reducer.Say(state, $"no cluster has the resource '{resolve.Name}'; ctrl-a lists what there is", _time.GetUtcNow(), isError: true));
        });
    }

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
            _state = Reducer.Say(_state, error.Message, _time.GetUtcNow(), isError: true);
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
        _state = Reducer.OpenTable(_state with { Back = [], Forward = [] }, table?.Entry ?? _options.Catalog.Find("pods")!, null) with { Back = [] };
        _state = Reducer.Say(_state, $"looking at {string.Join(", ", names)}", _time.GetUtcNow());
    }

    private void Save()
    {
        var context = Context();
        var (name, text) = _state.View switch
        {
            TableState table => ($"vigia-{table.Entry.Name}", Tables.TableExport.Write(table, context.Rows, _links.Count > 1, _time.GetUtcNow())),
            TextState view => ($"vigia-{view.Kind.ToString().ToLowerInvariant()}-{view.Object.Key.Name ?? "text"}", string.Join('\n', context.Document.Lines.Select(line => line.Plain)) + "\n"),
            _ => ("vigia", _shown?.ToText() ?? ""),
        };
        var file = Path.GetFullPath($"{name}-{_time.GetLocalNow():yyyyMMdd-HHmmss}.txt");
        Background(async token =>
        {
            await File.WriteAllTextAsync(file, text, token);
            Post(state => Reducer.Say(state, $"saved {file}", _time.GetUtcNow()));
        });
    }

    private void Act(ObjectEffect effect)
    {
        if (effect.Action == UiAction.Edit)
        {
            Edit(effect);
            return;
        }

        if (effect.Action is UiAction.Shell or UiAction.Attach)
        {
            Connect(effect);
            return;
        }

        foreach (var group in effect.Objects.GroupBy(key => key.Cluster))
        {
            if (_links.FirstOrDefault(link => link.Number == group.Key) is not { } link)
            {
                continue;
            }

            var keys = group.Select(key => key.Key).ToArray();
            var word = ActionDialogs.Verb(effect.Action);
            _state = Reducer.Say(_state, $"{word}: {string.Join(", ", keys.Take(3).Select(key => key.Name))}{(keys.Length > 3 ? $" and {keys.Length - 3} more" : "")}…", _time.GetUtcNow());
            Background(async token =>
            {
                if (effect.Action == UiAction.PortForward)
                {
                    Tell(await ForwardAsync(link, keys[0], effect.Input, token));
                    return;
                }

                var version = link.Feed(effect.Entry).Version ?? throw new InvalidOperationException($"where {link.Name} has {effect.Entry.Name} is not known yet");
                Tell(await ObjectActions.RunAsync(effect.Action, link.Client, version, keys, effect.Input, Tell, _time, token));
            });
        }
    }

    private void Tell(string said) => Post(state => Reducer.Say(state, said, _time.GetUtcNow()));

    private async Task<string> ForwardAsync(ClusterLink link, Vigia.Kubernetes.Objects.ObjectKey pod, string? input, CancellationToken cancellationToken)
    {
        if (!int.TryParse(input, out var port) || port is < 1 or > 65_535)
        {
            return $"'{input}' is no port";
        }

        // The same number where one may have it and it is free, else any.
        var client = new PortForwardClient(link.Client, _time);
        PortForward forward;
        try
        {
            forward = await client.StartAsync(new PortForwardOptions(pod, port) { LocalPort = port >= 1024 ? port : 0 }, cancellationToken);
        }
        catch (IOException)
        {
            forward = await client.StartAsync(new PortForwardOptions(pod, port), cancellationToken);
        }

        _forwards.Add(link.Name, forward);
        return $"{forward.LocalEndPoint} leads to port {port} of {pod}; :pf lists and ends them";
    }

    /// <summary>Gives the terminal to a program in a container, until that ends.</summary>
    private void Connect(ObjectEffect effect)
    {
        var key = effect.Objects[0];
        if (_links.FirstOrDefault(link => link.Number == key.Cluster) is not { } link)
        {
            return;
        }

        _state = Reducer.Say(_state, $"{effect.Action.ToString().ToLowerInvariant()} in {key.Key}…", _time.GetUtcNow());
        Background(async token =>
        {
            var session = new ContainerTerminal(_terminal, () => _terminal.Size);
            var said = await session.RunAsync(
                link.Client,
                key.Key,
                effect.Action == UiAction.Attach,
                begin: () =>
                {
                    var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    Post(state =>
                    {
                        _connected = session;
                        stopped.SetResult();
                        return state;
                    });
                    return stopped.Task;
                },
                token);
            Post(state =>
            {
                (_connected, _shown) = (null, null);
                return Reducer.Say(state, said, _time.GetUtcNow());
            });
        });
    }

    private void Edit(ObjectEffect effect)
    {
        var key = effect.Objects[0];
        if (_links.FirstOrDefault(link => link.Number == key.Cluster) is not { } link)
        {
            return;
        }

        Background(async token =>
        {
            var editing = await ObjectEditing.BeginAsync(link, effect.Entry, key.Key, token);
            Post(state =>
            {
                // The editor has the terminal to itself: nothing is drawn until it ends.
                _terminal.Leave();
                var outcome = editing.RunEditor();
                _terminal.Enter();
                _shown = null;
                Background(async again => Say(await editing.FinishAsync(outcome, again)));
                return state;
            });
        });

        void Say(string text) => Post(state => Reducer.Say(state, text, _time.GetUtcNow()));
    }
}
