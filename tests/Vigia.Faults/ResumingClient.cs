using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Vigia.Faults.Checking;

namespace Vigia.Faults;

/// <summary>
/// A subscriber on .NET's own reader of Server-Sent Events (<c>System.Net.ServerSentEvents</c>): when its replica goes,
/// or refuses, it goes on at the other with the <c>Last-Event-ID</c> that it has.
/// </summary>
internal sealed class ResumingClient(FaultRun run, int number, string user) : IAsyncDisposable
{
    // A gateway says something every 15 s at least.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _leaving = new();
    private readonly List<ClientEvent> _events = [];
    private readonly List<(double At, string What)> _refusals = [];
    private Task _loop = Task.CompletedTask;
    private string _cursor = "";
    private int _connections;
    private Absence _absence = new();

    public int Number => number;

    public string User => user;

    /// <summary>Connections opened so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>True while a stream is open.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>True for a client that was away for a while.</summary>
    public bool WasAway { get; private set; }

    /// <summary>Everything received, in its order.</summary>
    public IReadOnlyList<ClientEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>When it was refused or cut off, and how.</summary>
    public IReadOnlyList<(double At, string What)> Refusals
    {
        get
        {
            lock (_refusals)
            {
                return [.. _refusals];
            }
        }
    }

    /// <summary>True once an event that fits has come.</summary>
    public bool Has(Func<ClientEvent, bool> fits)
    {
        lock (_events)
        {
            return _events.Exists(e => fits(e));
        }
    }

    public void Start() => _loop = Task.Run(() => LoopAsync(_leaving.Token));

    /// <summary>
    /// Goes away with the cursor that it has, as a laptop does that is closed, until <see cref="Return"/>.
    /// </summary>
    public async Task LeaveAsync()
    {
        WasAway = true;
        await _absence.Begun.CancelAsync();
        await _absence.Left.Task;
    }

    /// <summary>Comes back: to the replica where it was, or to the other one.</summary>
    public void Return(bool toTheSame)
    {
        var ended = _absence;
        _absence = new Absence();
        ended.EndsAtTheSame = toTheSame;
        ended.Ended.SetResult();
    }

    public async Task StopAsync()
    {
        await _leaving.CancelAsync();
        await _loop;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _leaving.Dispose();
    }

    private async Task LoopAsync(CancellationToken leaving)
    {
        var replica = number;
        while (!leaving.IsCancellationRequested)
        {
            var absence = _absence;
            using var silent = new CancellationTokenSource(Patience, TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(leaving, silent.Token, absence.Begun.Token);
            try
            {
                await ReadAsync(run.Replicas[replica % run.Replicas.Count], silent, either.Token);
                Refused("the stream ended");
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException or OperationCanceledException)
            {
                Refused(cut.Message);
            }

            IsOpen = false;
            if (absence.Begun.IsCancellationRequested)
            {
                absence.Left.TrySetResult();
                await absence.Ended.Task.WaitAsync(leaving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                replica += absence.EndsAtTheSame ? 0 : 1;
                continue;
            }

            replica++;
            await Task.Delay(Retry, TimeProvider.System, leaving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(Replica replica, CancellationTokenSource silent, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(replica.Address, $"api/v1/pods/stream?namespace={run.Server.Namespace}&shape=full")
        );
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", run.TokenOf(user));
        if (_cursor.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", _cursor);
        }

        using var response = await run.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"{replica.Name}: {(int)response.StatusCode} "
                    + $"{(string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))?["error"]}"
            );
        }

        var connection = Interlocked.Increment(ref _connections);
        IsOpen = true;
        var parser = SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            silent.CancelAfter(Patience);
            _cursor = parser.LastEventId;
            var e = Read(connection, item.EventType, JsonNode.Parse(item.Data)!.AsObject());
            lock (_events)
            {
                _events.Add(e);
            }
        }
    }

    private ClientEvent Read(int connection, string kind, JsonObject data)
    {
        var text = (string?)data["object"]?["metadata"]?["annotations"]?["seq"];
        return new ClientEvent(
            run.Now,
            connection,
            kind,
            (string?)data["name"] ?? "",
            long.TryParse((string?)data["resourceVersion"], CultureInfo.InvariantCulture, out var revision) ? revision : 0,
            text is null ? null : long.Parse(text.AsSpan(4, text.Length - 5), NumberStyles.None, CultureInfo.InvariantCulture),
            data["folded"] is not null,
            (string?)data["reason"],
            RevisionOf(_cursor)
        );
    }

    /// <summary>The revision in a cursor <c>v1;FILTER;CLUSTER/pods=REVISION~…</c>; 0 for none.</summary>
    private static long RevisionOf(string cursor)
    {
        var (equals, tilde) = (cursor.IndexOf('=', StringComparison.Ordinal), cursor.IndexOf('~', StringComparison.Ordinal));
        return
            equals > 0
            && tilde > equals
            && long.TryParse(cursor.AsSpan(equals + 1, tilde - equals - 1), CultureInfo.InvariantCulture, out var revision)
            ? revision
            : 0;
    }

    private void Refused(string what)
    {
        lock (_refusals)
        {
            _refusals.Add((run.Now, what));
        }
    }

    /// <summary>From going away to coming back.</summary>
    private sealed class Absence
    {
        public CancellationTokenSource Begun { get; } = new();

        public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool EndsAtTheSame { get; set; }
    }
}
