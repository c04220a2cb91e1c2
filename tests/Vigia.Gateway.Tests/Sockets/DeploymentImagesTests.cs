using System.Text;
using Vigia.Gateway.Endpoints.WebSockets;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Tests.Sockets;

public sealed class DeploymentImagesTests
{
    [Fact]
    public void A_container_without_an_image_does_not_shift_the_images_after_it()
    {
        var old = Deployment("""{"name":"init"},{"name":"app","image":"app:1"},{"name":"proxy","image":"proxy:1"}""", 1);
        var next = Deployment("""{"name":"init"},{"name":"app","image":"app:2"},{"name":"proxy","image":"proxy:1"}""", 2);

        Assert.Equal(["Deployment web container app image changed from app:1 to app:2"], DeploymentLog.Describe(old, next));
    }

    private static RawObject Deployment(string containers, int version) =>
        RawObject.Parse(
            Encoding.UTF8.GetBytes(
                $$$"""{"kind":"Deployment","apiVersion":"apps/v1","metadata":"""
                    + $$$"""{"name":"web","namespace":"a","uid":"u","resourceVersion":"{{{version}}}"},"spec":{"replicas":1,"template":"""
                    + $$$"""{"spec":{"containers":[{{{containers}}}]} } } }"""
            )
        );
}
