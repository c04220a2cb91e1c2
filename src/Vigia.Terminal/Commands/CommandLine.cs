using Vigia.Terminal.States;

namespace Vigia.Terminal.Commands;

/// <summary>What is typed behind <c>:</c>.</summary>
internal static class CommandLine
{
    /// <summary>The commands that are no resource.</summary>
    public static IReadOnlyList<string> Words { get; } =
    ["ctx", "contexts", "ns", "pulse", "help", "aliases", "pf", "actions", "quit", "q", "suspend"];

    /// <summary>Runs a command.</summary>
    public static AppState Run(AppState state, string text, ReducerContext context, List<Effect> effects)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 0 && context.Aliases.TryGetValue(words[0], out var meant))
        {
            words = [.. meant.TrimStart(':').Split(' ', StringSplitOptions.RemoveEmptyEntries), .. words[1..]];
        }

        if (words.Length == 0)
        {
            return state;
        }

        var rest = words[1..];
        switch (words[0].ToLowerInvariant())
        {
            case "q" or "q!" or "quit" or "exit":
                effects.Add(new QuitEffect());
                return state;
            case "help" or "h" or "?":
                return Navigation.Open(state, id => new TextState(id, TextKind.Help, "help") { Wraps = true });
            case "aliases" or "a":
                return Navigation.Open(state, id => new TextState(id, TextKind.Aliases, "resources"));
            case "pulse" or "pulses" or "pu":
                return Navigation.Open(state, id => new PulseState(id));
            case "pf" or "portforward" or "portforwards" when rest is ["stop", var forward] && int.TryParse(forward, out var port):
                effects.Add(new StopForwardEffect(port));
                return state;
            case "pf" or "portforward" or "portforwards":
                return Navigation.Open(state, id => new TextState(id, TextKind.Forwards, "forwarded ports"));
            case "actions" or "did" when rest is [var which] && int.TryParse(which, out var number):
                return Navigation.Open(
                    state,
                    id => new TextState(id, TextKind.Action, "steps")
                    {
                        Number = number,
                        Follows = true,
                        Wraps = true,
                    }
                );
            case "actions" or "did":
                return Navigation.Open(state, id => new TextState(id, TextKind.Actions, "what was done"));
            case "suspend":
                effects.Add(new SuspendEffect());
                return state;
            case "ctx" or "context" or "contexts":
                return Contexts(
                    state,
                    text[(text.IndexOf(words[0], StringComparison.OrdinalIgnoreCase) + words[0].Length)..].Trim(),
                    context,
                    effects
                );
            case "ns" or "namespace" or "namespaces" when rest.Length > 0:
                return Namespace(state, rest[0], context);
            default:
                return Resource(state, words[0], rest, context, effects);
        }
    }

    private static AppState Contexts(AppState state, string typed, ReducerContext context, List<Effect> effects)
    {
        if (typed.Length == 0)
        {
            return Navigation.Open(state, id => new TextState(id, TextKind.Contexts, "contexts"));
        }

        var (wanted, unknown) = ContextNames.Read(typed, context.AllContexts);
        if (unknown is not null)
        {
            return Toasts.Say(
                state,
                $"there is no context '{unknown}'; there are {string.Join(", ", context.AllContexts)}",
                context,
                isError: true
            );
        }

        effects.Add(new ContextEffect(wanted));
        return state;
    }

    private static AppState Namespace(AppState state, string name, ReducerContext context)
    {
        string? ns = name is "all" or "-" or "*" ? null : name;
        if (ns is not null && context.Problem(ns) is { } problem)
        {
            return Toasts.Say(state, problem, context, isError: true);
        }

        state = Remember(state, ns);
        return state.View is TableState { Entry.Namespaced: true } table
            ? state with
            {
                View = table.In(ns) with { Cursor = 0, Top = 0, Selected = null },
            }
            : Navigation.OpenTable(state, context.Catalog.Find("pods")!, ns);
    }

    /// <summary>A namespace that was gone to gets a key of its own.</summary>
    public static AppState Remember(AppState state, string? ns) =>
        ns is null || state.Favourites.Contains(ns)
            ? state
            : state with
            {
                Favourites = (state.Favourites.Count >= 9 ? state.Favourites.RemoveAt(8) : state.Favourites).Insert(
                    Math.Min(1, state.Favourites.Count),
                    ns
                ),
            };

    /// <summary>
    /// <c>po</c>, <c>po kube-system</c>, <c>po /regex</c>, <c>po -f letters</c>, <c>po app=a,env=b</c>, <c>po @ctx</c>.
    /// </summary>
    private static AppState Resource(AppState state, string name, string[] rest, ReducerContext context, List<Effect> effects)
    {
        var ns = Navigation.CurrentNamespace(state);
        var filter = "";
        var before = state;
        string? typed = null;
        IReadOnlyList<string>? contexts = null;
        for (var i = 0; i < rest.Length; i++)
        {
            var word = rest[i];
            if (word.StartsWith('@'))
            {
                // A name may have blanks: as much as names a context, the longest first.
                var taken = ContextNames.Longest(rest[i..], context.AllContexts);
                var (wanted, unknown) = ContextNames.Read(string.Join(' ', rest[i..(i + taken)])[1..], context.AllContexts);
                if (unknown is not null)
                {
                    return Toasts.Say(
                        before,
                        $"there is no context '{unknown}'; there are {string.Join(", ", context.AllContexts)}",
                        context,
                        isError: true
                    );
                }

                i += taken - 1;
                contexts = wanted;
            }
            else if (word.StartsWith('/'))
            {
                filter = string.Join(' ', rest[i..])[1..];
                break;
            }
            else if (word is "-f" or "-l")
            {
                filter = string.Join(' ', rest[i..]);
                break;
            }
            else if (word.Contains('=', StringComparison.Ordinal))
            {
                filter = "-l " + word;
            }
            else
            {
                ns = word is "all" or "-A" or "*" ? null : word;
                typed = ns;
            }
        }

        // Another context has other namespaces.
        if (typed is not null && contexts is null)
        {
            if (context.Problem(typed) is { } problem)
            {
                return Toasts.Say(before, problem, context, isError: true);
            }

            state = Remember(state, typed);
        }

        if (contexts is not null)
        {
            effects.Add(new ContextEffect(contexts));
        }

        if (context.Catalog.Find(name) is { } entry)
        {
            return Navigation.OpenTable(state, entry, ns, filter);
        }

        effects.Add(new ResolveEffect(name, ns, filter));
        return state;
    }
}
