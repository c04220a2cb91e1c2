using System.Text;
using Vigia.Kubernetes;

namespace Vigia.Bench.Wire;

/// <summary>
/// Objects that use what the bench's pods do not: ports by name, quantities in odd units, microseconds, texts that JSON
/// must escape, empty values.
/// </summary>
internal static class OddObjects
{
    private const string Namespace = "vigia-wire";

    private static readonly string[] Pods =
    [
        """{"metadata":{"name":"ports"},"spec":{"containers":[{"name":"a","image":"i","ports":[{"name":"web","containerPort":80},"""
            + """{"containerPort":65535,"protocol":"UDP","hostPort":65535}],"livenessProbe":{"httpGet":{"port":"web","path":"/?a=1&"""
            + """b=<c>","httpHeaders":[{"name":"X","value":""}]}},"readinessProbe":{"tcpSocket":{"port":"web"}},"startupProbe":{"exec":"""
            + """{"command":["sh","-c","echo \"hi\"\t\\ \u0001"]}},"lifecycle":{"preStop":{"httpGet":{"port":8080}}}}]}}""",
        """{"metadata":{"name":"quantities"},"spec":{"overhead":null,"containers":[{"name":"a","image":"i","resources":{"limits":"""
            + """{"cpu":"0.1","memory":"1.5Gi","ephemeral-storage":"1e3","example.com/thing":"3"},"requests":"""
            + """{"cpu":"1e-3","memory":"128974848000m","ephemeral-storage":"0.5k"}},"env":[{"name":"L","valueFrom":"""
            + """{"resourceFieldRef":{"resource":"limits.cpu"}}},{"name":"M","valueFrom":{"resourceFieldRef":"""
            + """{"containerName":"a","resource":"limits.memory","divisor":"1Mi"}}}]}"""
            + """,{"name":"zero","image":"i","resources":{"limits":{"cpu":"0"}}}],"volumes":[{"name":"t","emptyDir":"""
            + """{"medium":"Memory","sizeLimit":"64Mi"}},{"name":"e","emptyDir":{"sizeLimit":"0"}}]}}""",
        """{"metadata":{"name":"texts","labels":{"empty":"","a":"b"},"annotations":"""
            + """{"quote":"a\"b\\c/d","lines":"a\nb\r\n\tc\f\b","html":"<a href='x'>&amp;</a>","unicode":"é ü 漢字 🚀 \u2028 \u2029 """
            + """\u007f","control":"\u0000\u001f","empty":"","long":"LONG"},"finalizers":["example.com/a"],"ownerReferences":"""
            + """[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u","controller":false,"blockOwnerDeletion":true}"""
            + """,{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"v","controller":true}]},"spec":"""
            + """{"containers":[{"name":"a","image":"i","command":[""],"args":["",""],"env":[{"name":"EMPTY","value":""}"""
            + """,{"name":"X","value":"$(EMPTY)"}]}]}}""",
        """{"metadata":{"name":"volumes"},"spec":{"serviceAccountName":"default","containers":[{"name":"a","image":"i","envFrom":"""
            + """[{"prefix":"P_","configMapRef":{"name":"c","optional":true}},{"secretRef":{"name":"s"}}],"volumeMounts":"""
            + """[{"name":"d","mountPath":"/d","readOnly":true,"subPathExpr":"$(X)","mountPropagation":"HostToContainer"}"""
            + """,{"name":"d","mountPath":"/s","subPath":"s"}]}],"volumes":[{"name":"d","downwardAPI":{"items":"""
            + """[{"path":"l","fieldRef":{"fieldPath":"metadata.labels"}},{"path":"c","resourceFieldRef":"""
            + """{"containerName":"a","resource":"requests.cpu","divisor":"1m"},"mode":0}]}},{"name":"p","projected":"""
            + """{"sources":[{"secret":{"name":"s","optional":false}},{"configMap":{"name":"c","items":"""
            + """[{"key":"k","path":"p","mode":256}]}},{"serviceAccountToken":"""
            + """{"path":"t","expirationSeconds":600,"audience":"a"}},{"downwardAPI":{"items":"""
            + """[{"path":"n","fieldRef":{"fieldPath":"metadata.name"}}]}}]}},{"name":"h","hostPath":"""
            + """{"path":"/h","type":""}},{"name":"n","nfs":{"server":"s","path":"/"}}"""
            + """,{"name":"c","csi":{"driver":"d","volumeAttributes":{"b":"2","a":"1"}"""
            + ""","nodePublishSecretRef":{"name":"s"}}},{"name":"r","rbd":{"monitors":["m"]"""
            + ""","image":"i"}},{"name":"i","iscsi":"""
            + """{"targetPortal":"1.2.3.4:3260","iqn":"iqn.2001-04.com.example:storage.disk1","lun":0}},{"name":"f","fc":{"targetWWNs":"""
            + """["w"],"lun":0}},{"name":"v","persistentVolumeClaim":{"claimName":"c"}},{"name":"e"}]}}""",
        """{"metadata":{"name":"placing"},"spec":{"hostNetwork":true,"hostname":"h","subdomain":"s","terminationGracePeriodSeconds":0"""
            + ""","activeDeadlineSeconds":9999999,"enableServiceLinks":false,"automountServiceAccountToken":false"""
            + ""","shareProcessNamespace":false,"priority":0,"hostAliases":[{"ip":"1.2.3.4","hostnames":["a","b"]}]"""
            + ""","dnsPolicy":"None","dnsConfig":{"nameservers":["1.1.1.1"],"searches":["a.b"],"options":"""
            + """[{"name":"ndots","value":"2"},{"name":"edns0"}]},"readinessGates":[{"conditionType":"example.com/g"}]"""
            + ""","securityContext":{"runAsUser":0,"runAsNonRoot":false,"supplementalGroups":[0,1,4294967],"sysctls":"""
            + """[{"name":"kernel.shm_rmid_forced","value":"0"}],"seLinuxOptions":{"level":"s0"}"""
            + ""","fsGroupChangePolicy":"Always","seccompProfile":{"type":"Localhost","localhostProfile":"p"}}"""
            + ""","tolerations":[{"operator":"Exists"}"""
            + """,{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":0}"""
            + """,{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":-1}]"""
            + ""","affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":"""
            + """{"nodeSelectorTerms":[{"matchExpressions":"""
            + """[{"key":"a","operator":"In","values":["","b"]}"""
            + """,{"key":"c","operator":"Exists"}]},{"matchFields":"""
            + """[{"key":"metadata.name","operator":"In","values":["n"]}]}]}"""
            + ""","preferredDuringSchedulingIgnoredDuringExecution":"""
            + """[{"weight":1,"preference":{}}]},"podAntiAffinity":"""
            + """{"preferredDuringSchedulingIgnoredDuringExecution":"""
            + """[{"weight":100,"podAffinityTerm":"""
            + """{"labelSelector":{"matchLabels":{"a":"b"}"""
            + ""","matchExpressions":"""
            + """[{"key":"k","operator":"DoesNotExist"}]},"topologyKey":"z","namespaces":["x"]}}]}},"topologySpreadConstraints":"""
            + """[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule","labelSelector":{}}],"containers":"""
            + """[{"name":"a","image":"i","stdin":true,"tty":true,"securityContext":{"privileged":false,"runAsUser":0"""
            + ""","capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]},"procMount":"Default"},"workingDir":"/w"}]}}""",
    ];

    private static readonly string[] Leases =
    [
        """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"micro"},"spec":"""
            + """{"holderIdentity":"","leaseDurationSeconds":15"""
            + ""","acquireTime":"2026-01-02T03:04:05.000001Z","renewTime":"2026-12-31T23:59:59.999999Z","leaseTransitions":0}}""",
        """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"old"},"spec":"""
            + """{"holderIdentity":"h","acquireTime":"1969-12-31T23:59:59.500000Z","renewTime":"1970-01-01T00:00:00.000000Z"}}""",
        """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"bare"},"spec":{}}""",
    ];

    /// <summary>Makes them, compares both decoders, and removes them; their namespace stays, for a next run.</summary>
    public static async Task CompareAsync(ClusterConfiguration cluster, WireClient wire, CancellationToken cancellationToken)
    {
        await using var client = new KubernetesClient(cluster);
        await MakeAsync(client, "/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + Namespace + "\"}}", cancellationToken);
        var (pods, leases) = ($"/api/v1/namespaces/{Namespace}/pods", $"/apis/coordination.k8s.io/v1/namespaces/{Namespace}/leases");
        foreach (var pod in Pods)
        {
            await MakeAsync(client, pods, pod.Replace("LONG", new string('x', 70_000), StringComparison.Ordinal), cancellationToken);
        }

        foreach (var lease in Leases)
        {
            await MakeAsync(client, leases, lease, cancellationToken);
        }

        foreach (var path in new[] { pods, leases })
        {
            var json = await wire.GetAsync(path, Variant.All[0], 0, cancellationToken);
            var proto = await wire.GetAsync(path, Variant.All[2], 0, cancellationToken);
            var (equal, compared, first) = Sameness.Compare(
                await WireDecoding.ListAsync(json.Body, Variant.All[0], cancellationToken),
                await WireDecoding.ListAsync(proto.Body, Variant.All[2], cancellationToken)
            );
            WireCommand.Print(
                new
                {
                    compare = path,
                    compared,
                    equal,
                    firstDifference = first,
                }
            );
        }

        foreach (var name in new[] { "ports", "quantities", "texts", "volumes", "placing" })
        {
            await RemoveAsync(client, $"{pods}/{name}", cancellationToken);
        }

        foreach (var name in new[] { "micro", "old", "bare" })
        {
            await RemoveAsync(client, $"{leases}/{name}", cancellationToken);
        }
    }

    private static async Task MakeAsync(KubernetesClient client, string path, string json, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendBytesAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), ct: cancellationToken);
        }
        catch (KubernetesApiException exists) when (exists.IsConflict)
        {
            // Left by a run that was cut off: the same object.
        }
        catch (KubernetesApiException refused)
        {
            WireCommand.Print(new { refused = json[..Math.Min(60, json.Length)], refused.Message });
        }
    }

    /// <summary>Without grace: no kubelet will end them. One has a finalizer, which is taken away first.</summary>
    private static async Task RemoveAsync(KubernetesClient client, string path, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendBytesAsync(
                HttpMethod.Patch,
                path,
                """{"metadata":{"finalizers":null}}"""u8.ToArray(),
                "application/merge-patch+json",
                cancellationToken
            );
            await client.SendBytesAsync(HttpMethod.Delete, path, """{"gracePeriodSeconds":0}"""u8.ToArray(), ct: cancellationToken);
        }
        catch (KubernetesApiException gone) when (gone.Code == 404)
        {
            WireCommand.Print(new { gone = path, gone.Message });
        }
    }
}
