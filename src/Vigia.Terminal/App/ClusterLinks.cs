using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>The clusters on the screen. For the thread that draws.</summary>
internal sealed class ClusterLinks(AppSession session) : IAsyncDisposable
{
    private readonly List<ClusterLink> _links = [];
    private int _next;

    /// <summary>The clusters, in the order in which they were added.</summary>
    public IReadOnlyList<ClusterLink> All => _links;

    /// <summary>Raised after the clusters on the screen are others.</summary>
    public event Action? Switched;

    /// <summary>Raised when a kind's entry was replaced; on any thread.</summary>
    public event Action<ResourceEntry>? Replaced;

    /// <summary>A cluster by its number in this session; null where it is no longer on the screen.</summary>
    public ClusterLink? Find(int number) => _links.FirstOrDefault(link => link.Number == number);

    /// <summary>Adds a cluster and owns its client; the caller starts it.</summary>
    public ClusterLink Add(KubernetesClient client)
    {
        var link = new ClusterLink(_next++, client, session.Options.Catalog, session.Time) { Replaced = entry => Replaced?.Invoke(entry) };
        _links.Add(link);
        return link;
    }

    /// <summary>Shows these contexts and no others. If one cannot be resolved, everything stays as it is.</summary>
    public void Switch(IReadOnlyList<string> names)
    {
        var added = new List<KubernetesClient>();
        try
        {
            foreach (var name in names.Where(name => _links.All(link => link.Name != name)))
            {
                added.Add(new KubernetesClient(session.Options.Resolve(name)));
            }
        }
        catch (Exception error)
        {
            // A kubeconfig that cannot be used: its sentence tells the remedy.
            session.Work.Run(async _ =>
            {
                foreach (var client in added)
                {
                    await client.DisposeAsync();
                }
            });
            session.Say(error.Message, isError: true);
            return;
        }

        foreach (var gone in _links.Where(link => !names.Contains(link.Name)).ToArray())
        {
            _links.Remove(gone);
            session.Work.Run(async _ => await gone.DisposeAsync());
        }

        foreach (var client in added)
        {
            Add(client).Start();
        }

        var state = session.State with { Contexts = [.. names], Favourites = [.. session.Options.Favourites] };

        // A table stays in sight, of the clusters that are on the screen now; a text is of an object that may be gone.
        // Its namespace and filter stay: those that were typed, or were there before.
        var table = state.View as TableState ?? state.Back.OfType<TableState>().FirstOrDefault();
        session.State = Navigation.OpenTable(
            state with
            {
                Back = [],
                Forward = [],
            },
            table?.Entry ?? session.Options.Catalog.Find("pods")!,
            table?.Namespace,
            table?.Filter.Text ?? ""
        ) with
        {
            Back = [],
        };
        Switched?.Invoke();
        session.Say($"context{(names.Count == 1 ? "" : "s")}: {string.Join(", ", names)}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }
    }
}
