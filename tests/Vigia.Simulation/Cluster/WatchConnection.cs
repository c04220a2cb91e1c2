using System.Text;
using Vigia.Simulation.Network;

namespace Vigia.Simulation.Cluster;

/// <summary>The server's end of a watch.</summary>
internal sealed class WatchConnection(ApiServer server, SimulatedStream stream, ulong after)
{
    private const string Garbage = "\u0001\u0002";

    public ApiServer Server => server;

    /// <summary>The revision a client that has read everything must go on from.</summary>
    public ulong Sent { get; private set; } = after;

    /// <summary>True where something that is no event was sent.</summary>
    public bool IsSpoilt { get; private set; }

    /// <summary>True once the server has ended it in good order.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Spoils the next event.</summary>
    public bool SpoilNext { get; set; }

    public void Send(Change change)
    {
        if (change.Version.Revision <= Sent)
        {
            return;
        }

        Sent = change.Version.Revision;
        var frame = $$$"""{"type":"{{{change.Type}}}","object":{{{change.Version.Json}}}}""" + "\n";
        if (SpoilNext)
        {
            (SpoilNext, IsSpoilt) = (false, true);
            frame = frame.Insert(frame.IndexOf("\"spec\"", StringComparison.Ordinal), Garbage);
        }

        stream.Push(Encoding.UTF8.GetBytes(frame));
    }

    /// <summary>An object of a streaming list.</summary>
    public void SendInitial(ObjectVersion version) =>
        stream.Push(Encoding.UTF8.GetBytes($$$"""{"type":"ADDED","object":{{{version.Json}}}}""" + "\n"));

    public void Bookmark(bool endsInitial = false)
    {
        // A bookmark says that everything up to there was sent: what the cache has reached. A server that has yet to
        // reach what was asked for is silent.
        if (server.Seen < Sent)
        {
            return;
        }

        Sent = server.Seen;
        var annotations = endsInitial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        stream.Push(
            Encoding.UTF8.GetBytes(
                $$$"""{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":"""
                    + $$$"""{"resourceVersion":"{{{Sent}}}"{{{annotations}}} } } }"""
                    + "\n"
            )
        );
    }

    public void Error(int code, string reason, string message)
    {
        IsSpoilt = true;
        stream.Push(
            Encoding.UTF8.GetBytes(
                $$$"""{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","code":{{{code}}}"""
                    + $$$""","message":"{{{message}}}","reason":"{{{reason}}}"}}"""
                    + "\n"
            )
        );
        End();
    }

    public void End()
    {
        IsEnded = true;
        server.Detach(this);
        stream.End();
    }

    public void Cut()
    {
        server.Detach(this);
        stream.Cut();
    }

    public void Freeze() => stream.Freeze();

    public void Detach() => server.Detach(this);
}
