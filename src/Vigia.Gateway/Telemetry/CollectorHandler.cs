namespace Vigia.Gateway.Telemetry;

/// <summary>
/// Watches over what is sent to a collector over HTTP: the first failure is logged, and that it goes again; what lies
/// between is not worth a line each.
/// </summary>
internal sealed class CollectorHandler(CollectorLog log, Uri address)
    : DelegatingHandler(new SocketsHttpHandler { ActivityHeadersPropagator = null })
{
    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Judge(base.Send(request, cancellationToken));
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
            return Judge(await base.SendAsync(request, cancellationToken));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            log.Failed(address, error.Message);
            throw;
        }
    }

    private HttpResponseMessage Judge(HttpResponseMessage response)
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
