namespace Vigia.Gateway.Telemetry;

/// <summary>
/// Monitors requests to a collector over HTTP: the first failure is logged, and the recovery; failures in between are
/// not.
/// </summary>
internal sealed class CollectorHandler(CollectorLog log, Uri address)
    : DelegatingHandler(new SocketsHttpHandler { ActivityHeadersPropagator = null })
{
    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Report(base.Send(request, cancellationToken));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            log.Failed(address, error.Message);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Report(await base.SendAsync(request, cancellationToken));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            log.Failed(address, error.Message);
            throw;
        }
    }

    private HttpResponseMessage Report(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode)
        {
            log.Succeeded(address);
        }
        else
        {
            log.Failed(address, $"it answers {(int)response.StatusCode}");
        }

        return response;
    }
}
