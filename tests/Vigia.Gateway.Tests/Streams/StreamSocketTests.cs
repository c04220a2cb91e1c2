using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Vigia.Gateway.Endpoints.Sse;

namespace Vigia.Gateway.Tests.Streams;

/// <summary>A client that leaves before its stream has begun is no fault of the gateway.</summary>
public sealed class StreamSocketTests
{
    [Fact]
    public void A_socket_whose_client_has_left_is_none()
    {
        var features = new FeatureCollection();
        Assert.Null(StreamEndpoints.SocketOf(features));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        features.Set<IConnectionSocketFeature>(new Connected(socket));
        Assert.Same(socket, StreamEndpoints.SocketOf(features));
        Assert.False(socket.Blocking);
        socket.Dispose();
        Assert.Null(StreamEndpoints.SocketOf(features));
    }

    private sealed record Connected(Socket Socket) : IConnectionSocketFeature;
}
