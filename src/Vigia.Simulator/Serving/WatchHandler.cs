using Vigia.Simulator.Requests;
using Vigia.Simulator.Selecting;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>Opens watches: parses and checks the request, then passes it to a <see cref="WatchStream"/>.</summary>
internal sealed class WatchHandler(ObjectStore store, SimulatorOptions options, FaultInjector faults, TableMaker tables)
{
    public ObjectStore Store => store;

    public SimulatorOptions Options => options;

    public FaultInjector Faults => faults;

    public async Task HandleAsync(ApiRequest request)
    {
        var initial = ReadInitialEvents(request);
        var revision = ListOptions.ReadRevision(request.Query("resourceVersion"));
        var filter = new ObjectFilter(request.Type, request.Namespace, request.Query("labelSelector"), ListHandler.FieldSelector(request));
        var types = store.TypeStoreOf(request.Type.Gvr) ?? throw StatusException.NoSuchPath();
        var writer = new WatchWriter(request, faults, tables); // refuses an unknown form before the stream opens

        using var watch = faults.Watches.Open(request.Aborted);
        writer.Left = watch.Leave;
        try
        {
            await new WatchStream(this, request, filter, types, writer, watch).RunAsync(revision, initial);
        }
        catch (OperationCanceledException) when (watch.CutToken.IsCancellationRequested)
        {
            if (!request.Aborted.IsCancellationRequested)
            {
                request.Http.Abort(); // cut by a fault: in the middle of the stream, without an end
            }
        }
        finally
        {
            await writer.CloseAsync(watch.CutToken);
        }
    }

    private bool ReadInitialEvents(ApiRequest request)
    {
        var (send, match) = (request.Query("sendInitialEvents"), request.Query("resourceVersionMatch") ?? "");
        if (send is null)
        {
            return match.Length == 0
                ? false
                : throw ListOptions.Refuse(
                    "resourceVersionMatch",
                    "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                );
        }

        var refusal = faults.Draw("watch", request.Type.Plural, request.Path.Namespace, FaultKind.NoStreamingLists);
        if (refusal is not null || !options.StreamingLists)
        {
            const string Gate = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
            throw refusal?.Code == 400 ? StatusException.BadRequest(Gate) : ListOptions.Refuse("sendInitialEvents", "Forbidden: " + Gate);
        }

        if (match != "NotOlderThan")
        {
            throw ListOptions.Refuse(
                "resourceVersionMatch",
                match.Length == 0
                    ? "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                    : $"Unsupported value: \"{match}\": supported values: \"NotOlderThan\""
            );
        }

        return request.QueryFlag("sendInitialEvents")
            ? request.QueryFlag("allowWatchBookmarks")
                ? true
                : throw ListOptions.Refuse("allowWatchBookmarks", "Forbidden: sendInitialEvents requires allowWatchBookmarks")
            : false;
    }
}
