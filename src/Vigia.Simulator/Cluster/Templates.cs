using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Cluster;

/// <summary>Manifests as teams write them: pod templates as heavy as those of real clusters, and nodes.</summary>
internal static class Templates
{
    /// <summary>
    /// The template of a service's pods: probes, variables, volumes, an init container and a proxy next to the main
    /// container.
    /// </summary>
    public static JsonObject Service(string app, string team, string image, string version)
    {
        var variables = string.Join(
            ',',
            Enumerable
                .Range(0, 14)
                .Select(i =>
                    i % 4 == 0
                        ? $$$$"""{"name":"{{{{Name(i)}}}}_SECRET","valueFrom":{"secretKeyRef":"""
                            + $$$$"""{"name":"{{{{app}}}}-credentials","key":"{{{{Name(i).ToLowerInvariant()}}}}"}}}"""
                        : $$$$"""{"name":"{{{{Name(i)}}}}_URL","value":"http://{{{{Name(i).ToLowerInvariant()}}}}.{{{{team}}}}"""
                            + $$$$""".svc.cluster.local:8080/api/v{{{{(i % 3) + 1}}}}?timeout=30s"}"""
                )
        );
        return Json.Parse(
            $$$$"""
            {"metadata":{"labels":{"app":"{{{{app}}}}","app.kubernetes.io/name":"{{{{app}}}}","app.kubernetes.io/instance":"{{{{app}}}}",
            "app.kubernetes.io/version":"{{{{version}}}}",
              "app.kubernetes.io/component":"server","app.kubernetes.io/part-of":"{{{{team}}}}","app.kubernetes.io/managed-by":"Helm",
              "helm.sh/chart":"{{{{app}}}}-{{{{version}}}}","team":"{{{{team}}}}"},
             "annotations":{"checksum/config":"{{{{Checksum(app, version, 1)}}}}","checksum/secret":"{{{{Checksum(app, version, 2)}}}}",
              "prometheus.io/scrape":"true","prometheus.io/port":"9090","prometheus.io/path":"/metrics",
              "kubectl.kubernetes.io/default-container":"main",
              "cluster-autoscaler.kubernetes.io/safe-to-evict":"true"}},
             "spec":{
              "initContainers":[{"name":"migrate","image":"registry.example.org/{{{{team}}}}/{{{{app}}}}-migrate:{{{{version}}}}",
              "command":["/bin/migrate","--wait","--source=file:///migrations"],
                "env":[{"name":"DATABASE_URL","valueFrom":{"secretKeyRef":{"name":"{{{{app}}}}-credentials","key":"url"}}}],
                "resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"50m","memory":"64Mi"}},
                "volumeMounts":[{"name":"config","mountPath":"/etc/{{{{app}}}}","readOnly":true}],
                "imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
              "containers":[
               {"name":"main","image":"{{{{image}}}}","args":["--config=/etc/{{{{app}}}}/config.yaml","--listen=:8080",
               "--metrics-listen=:9090","--log-format=json"],
                "ports":[{"name":"http","containerPort":8080,"protocol":"TCP"},{"name":"metrics","containerPort":9090,"protocol":"TCP"}],
                "env":[{{{{variables}}}},{"name":"POD_NAME","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},
                 {"name":"POD_NAMESPACE","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}},{"name":"POD_IP",
                 "valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}}],
                "resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"100m","memory":"512Mi"}},
                "livenessProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTP"},"initialDelaySeconds":10,"timeoutSeconds":3,
                "periodSeconds":10,"successThreshold":1,"failureThreshold":6},
                "readinessProbe":{"httpGet":{"path":"/ready","port":"http","scheme":"HTTP"},"timeoutSeconds":3,"periodSeconds":5,
                "successThreshold":1,"failureThreshold":3},
                "startupProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTP"},"timeoutSeconds":3,"periodSeconds":5,
                "successThreshold":1,"failureThreshold":30},
                "lifecycle":{"preStop":{"exec":{"command":["/bin/sleep","5"]}}},
                "volumeMounts":[{"name":"config","mountPath":"/etc/{{{{app}}}}","readOnly":true},{"name":"tmp","mountPath":"/tmp"},
                {"name":"cache","mountPath":"/var/cache/{{{{app}}}}"},{"name":"certificates","mountPath":"/etc/tls","readOnly":true}],
                "imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
                "securityContext":{"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"readOnlyRootFilesystem":true,
                "allowPrivilegeEscalation":false}},
               {"name":"proxy","image":"registry.example.org/mesh/proxy:1.22.3","args":["proxy","sidecar","--domain",
               "{{{{team}}}}.svc.cluster.local","--concurrency","2"],
                "ports":[{"name":"proxy-prom","containerPort":15090,"protocol":"TCP"}],
                "env":[{"name":"INSTANCE_IP","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}},
                {"name":"SERVICE_ACCOUNT","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"spec.serviceAccountName"}}},
                 {"name":"MESH_ID","value":"cluster.local"},{"name":"TRUST_DOMAIN","value":"cluster.local"},{"name":"CA_ADDR",
                 "value":"mesh-control.kube-system.svc:15012"}],
                "resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"10m","memory":"64Mi"}},
                "readinessProbe":{"httpGet":{"path":"/healthz/ready","port":15021,"scheme":"HTTP"},"initialDelaySeconds":1,
                "timeoutSeconds":3,"periodSeconds":15,"successThreshold":1,"failureThreshold":4},
                "volumeMounts":[{"name":"proxy-config","mountPath":"/etc/proxy"},{"name":"certificates","mountPath":"/etc/tls",
                "readOnly":true}],
                "imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
                "securityContext":{"capabilities":{"drop":["ALL"]},"runAsUser":1337,"runAsNonRoot":true,"readOnlyRootFilesystem":true,
                "allowPrivilegeEscalation":false}}],
              "volumes":[{"name":"config","configMap":{"name":"{{{{app}}}}-config","defaultMode":420}},{"name":"tmp","emptyDir":{}},
              {"name":"cache","emptyDir":{"sizeLimit":"1Gi"}},
               {"name":"certificates","secret":{"secretName":"{{{{app}}}}-tls","defaultMode":420}},{"name":"proxy-config",
               "emptyDir":{"medium":"Memory"}}],
              "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"{{{{app}}}}",
              "serviceAccount":"{{{{app}}}}",
              "securityContext":{"runAsUser":10001,"runAsGroup":10001,"runAsNonRoot":true,"fsGroup":10001},
              "imagePullSecrets":[{"name":"registry"}],"schedulerName":"default-scheduler",
              "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,
              "podAffinityTerm":{"labelSelector":{"matchLabels":{"app":"{{{{app}}}}"}},"topologyKey":"kubernetes.io/hostname"}}]}},
              "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"ScheduleAnyway",
              "labelSelector":{"matchLabels":{"app":"{{{{app}}}}"}}}]}}
            """
        );
    }

    /// <summary>A small template: one container, no frills.</summary>
    public static JsonObject Small(string app, string team, string image, string policy, params string[] arguments) =>
        Json.Parse(
            $$$$"""
            {"metadata":{"labels":{"app":"{{{{app}}}}","app.kubernetes.io/name":"{{{{app}}}}","app.kubernetes.io/part-of":"{{{{team}}}}"}},
             "spec":{"containers":[{"name":"main","image":"{{{{image}}}}","args":[{{{{Quoted(arguments)}}}}],
               "resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"50m","memory":"64Mi"}},
               "imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
              "restartPolicy":"{{{{policy}}}}","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},
              "schedulerName":"default-scheduler"}}
            """
        );

    public static JsonObject Node(int index, bool controlPlane, string now)
    {
        var zone = "abc"[index % 3];
        var instance = controlPlane ? "m5.large" : ((string[])["m5.2xlarge", "c5.4xlarge", "r5.2xlarge"])[index / 3 % 3];
        var (cpu, memory) = instance switch
        {
            "m5.large" => (2, 8),
            "m5.2xlarge" => (8, 32),
            "c5.4xlarge" => (16, 32),
            _ => (8, 64),
        };
        var name = NodeName(index);
        var address = string.Create(CultureInfo.InvariantCulture, $"192.168.{index / 250}.{(index % 250) + 10}");
        var taints = controlPlane ? """, "taints":[{"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"}]""" : "";
        var role = controlPlane ? "control-plane" : "worker";
        var conditions = string.Join(
            ',',
            new (string Type, string Status, string Reason, string Message)[]
            {
                ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            }.Select(c =>
                $$$$"""
                    {"type":"{{{{c.Type}}}}","status":"{{{{c.Status}}}}",
                     "lastHeartbeatTime":"{{{{now}}}}","lastTransitionTime":"{{{{now}}}}",
                     "reason":"{{{{c.Reason}}}}","message":"{{{{c.Message}}}}"}
                    """
            )
        );
        return Json.Parse(
            $$$$"""
            {"metadata":{"name":"{{{{name}}}}","labels":{"beta.kubernetes.io/arch":"amd64","kubernetes.io/arch":"amd64",
            "kubernetes.io/os":"linux","kubernetes.io/hostname":"{{{{name}}}}",
              "topology.kubernetes.io/region":"eu-west-1","topology.kubernetes.io/zone":"eu-west-1{{{{zone}}}}",
              "node.kubernetes.io/instance-type":"{{{{instance}}}}","node-role.kubernetes.io/{{{{role}}}}":""},
             "annotations":{"node.alpha.kubernetes.io/ttl":"0","volumes.kubernetes.io/controller-managed-attach-detach":"true"}},
             "spec":{"podCIDR":"10.100.{{{{index % 250}}}}.0/24","podCIDRs":["10.100.{{{{index
                % 250}}}}.0/24"],"providerID":"aws:///eu-west-1{{{{zone}}}}/i-{{{{Checksum(name, "", 3)[..17]}}}}"
              {{{{taints}}}}},
             "status":{"capacity":{"cpu":"{{{{cpu}}}}","memory":"{{{{memory}}}}Gi","pods":"250","ephemeral-storage":"104845292Ki"},
             "allocatable":{"cpu":"{{{{cpu
                - 1}}}}800m","memory":"{{{{memory - 1}}}}Gi","pods":"250","ephemeral-storage":"95551679124"},
              "conditions":[{{{{conditions}}}}],"addresses":[{"type":"InternalIP","address":"{{{{address}}}}"},{"type":"Hostname",
              "address":"{{{{name}}}}"}],
              "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
              "nodeInfo":{"machineID":"{{{{Checksum(name, "", 4)[..32]}}}}","systemUUID":"{{{{Checksum(name, "", 5)[
                ..32
            ]}}}}","bootID":"{{{{Checksum(name, "", 6)[..32]}}}}","kernelVersion":"6.8.0-1021-aws","osImage":"Ubuntu 24.04.1 LTS",
               "containerRuntimeVersion":"containerd://1.7.24","kubeletVersion":"v1.32.4","kubeProxyVersion":"v1.32.4",
               "operatingSystem":"linux","architecture":"amd64"}}}
            """
        );
    }

    private static string Quoted(string[] texts) => string.Join(',', texts.Select(t => $"\"{t}\""));

    public static string NodeName(int index) => string.Create(CultureInfo.InvariantCulture, $"node-{index + 1:00}");

    public static string Checksum(string left, string right, int number)
    {
        var text = string.Concat(Enumerable.Range(0, 7).Select(i => Json.Hash(JsonValue.Create($"{left}/{right}/{number}/{i}"))));
        return string.Concat(text.Take(64).Select((c, i) => "0123456789abcdef"[(c + (i * 3)) & 15]));
    }

    private static string Name(int i) =>
        (
            (string[])
                [
                    "DATABASE",
                    "CACHE",
                    "BROKER",
                    "SEARCH",
                    "BILLING",
                    "LEDGER",
                    "IDENTITY",
                    "MAILER",
                    "FEATURE",
                    "TRACING",
                    "STORAGE",
                    "GEOCODER",
                    "PRICING",
                    "REPORTS",
                ]
        )[i % 14];
}
