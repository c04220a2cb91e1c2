using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Auditing;

/// <summary>Writes a line for each request when it ends, and one more for a stream when it opens.</summary>
internal sealed class AuditTrail(AuditLog log, TimeProvider time)
{
    private long _requests;

    /// <summary>The outermost step of the pipeline: it sees the answer's status.</summary>
    public async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        var sent = new SentCounter(context);
        context.Features.Set(sent);
        var (id, began) = (Interlocked.Increment(ref _requests), time.GetTimestamp());
        var isStream = AccessNeed.Of(context).AcceptsTickets || context.Request.Query["watch"].ToString() is "true" or "1" or "True";
        var opened = false;
        context.Response.OnStarting(() =>
        {
            if (isStream && context.Response.StatusCode < 400)
            {
                opened = true;
                Write(AuditedRequest.Of(context, id, began), "open", 0, 0);
            }

            return Task.CompletedTask;
        });
        try
        {
            await next(context);
        }
        finally
        {
            var request = AuditedRequest.Of(context, id, began);
            if (ConnectionTakeover.Of(context) is { } taken)
            {
                // The stream continues without its request: its audit fields are known now.
                taken.WhenEnded(stream => Write(request, "close", stream.Changes, stream.Bytes));
            }
            else
            {
                Write(request, opened ? "close" : "request", sent.Events, sent.Bytes);
            }
        }
    }

    private void Write(AuditedRequest request, string what, long events, long bytes) =>
        log.Add(AuditLog.Encode(json => request.Write(json, what, time.GetUtcNow(), time.GetElapsedTime(request.Began), events, bytes)));
}
