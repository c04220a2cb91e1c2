using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// The open stream of a reflector, if there is one: a streaming list opens it, and the watch after that list continues
/// it.
/// </summary>
internal sealed class ReflectorStream(ReflectorContext context)
{
    private long _requested;

    /// <summary>The open stream; null if the next watch must open one.</summary>
    public IWatchStream? Current { get; set; }

    /// <summary>The timeout that the server was given: it ends the stream by itself after that.</summary>
    public TimeSpan Timeout { get; private set; }

    /// <summary>How long the stream may last from its request on, including the grace.</summary>
    public TimeSpan Longest => Timeout + context.Options.WatchGrace;

    /// <summary>The rest of <see cref="Longest"/>; zero if it is over.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = Longest - context.Time.GetElapsedTime(_requested);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>A stream is about to be requested: chooses its timeout.</summary>
    public void Prepare()
    {
        _requested = context.Time.GetTimestamp();
        Timeout = context.Options.MinWatchTimeout * (1 + context.NextDouble());
    }

    public async ValueTask CloseAsync()
    {
        var stream = Current;
        Current = null;
        if (stream is not null)
        {
            await stream.DisposeAsync();
        }
    }
}
