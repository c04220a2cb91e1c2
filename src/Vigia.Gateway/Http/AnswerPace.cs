using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Http;

/// <summary>Sends a part of a finite response, and waits for the client to take it, within bounds.</summary>
/// <remarks>
/// A stream that is not read costs its cursor and is caught up later; a list that is not read costs its bytes.
/// Kestrel's own rate of responses is one for a whole HTTP/2 connection, streams too, so that it cannot be used.
/// </remarks>
internal static class AnswerPace
{
    /// <summary>Bytes that an answer may wait with before it is flushed, where it is written in parts.</summary>
    public const int Part = 64 * 1024;

    /// <summary>
    /// The least that a client has to take, in bytes a second, after <see cref="StreamOptions.AnswerGrace"/>.
    /// </summary>
    public const int LeastBytesPerSecond = 16 * 1024;

    /// <summary>Flushes; false if the client took too long and was cut off: nothing more is to be written.</summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public static async ValueTask<bool> FlushAsync(HttpContext context)
    {
        var writer = context.Response.BodyWriter;
        var use = context.Features.Get<ConnectionUse>();
        var bytes = writer.CanGetUnflushedBytes ? writer.UnflushedBytes : Part;
        var flush = writer.FlushAsync(context.RequestAborted);
        if (flush.IsCompletedSuccessfully || use is null)
        {
            Check(await flush);
            return true;
        }

        var waiting = flush.AsTask();
        try
        {
            Check(
                await waiting.WaitAsync(
                    use.Limiter.AnswerGrace + TimeSpan.FromSeconds((double)bytes / LeastBytesPerSecond),
                    use.Limiter.Time,
                    CancellationToken.None
                )
            );
            return true;
        }
        catch (TimeoutException)
        {
            use.Limiter.TellSlow(use);
            context.Abort();
            await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }
    }

    private static void Check(FlushResult flushed)
    {
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException("the client left");
        }
    }
}
