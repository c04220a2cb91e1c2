using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Validation;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// Users who open and close notebooks and editors, in the shapes that JupyterHub, Posit Workbench, Coder and Onyxia
/// give them.
/// </summary>
internal sealed class IdeUsers(World world, int most)
{
    private static readonly string[] People =
    [
        "ana.silva",
        "Bruno Costa",
        "chen.wei",
        "dora.nagy",
        "elif.kaya",
        "farid.haddad",
        "greta.lind",
        "hugo.moreau",
        "ines.duarte",
        "jonas.weber",
        "kavya.rao",
        "liam.byrne",
        "mei.tanaka",
        "nora.berg",
        "omar.said",
        "petra.novak",
        "quentin.roy",
        "rosa.marin",
        "sven.olsen",
        "tara.singh",
        "uma.pillai",
        "viktor.hahn",
        "wanda.zak",
        "yuki.sato",
    ];

    private readonly List<(GroupVersionResource Gvr, ObjectKey Key)> _open = [];
    private int _next;

    /// <summary>A user comes or goes; the more users, the likelier one goes.</summary>
    public void Step()
    {
        _open.RemoveAll(o => world.Store.Get(o.Gvr, o.Key) is not { IsDeleting: false });
        if (_open.Count > 0 && world.Random.Next(most) < _open.Count)
        {
            var leaving = world.Pick(_open);
            _open.Remove(leaving);
            world.Store.Delete(leaving.Gvr, leaving.Key);
            return;
        }

        Open(_next % 5);
    }

    /// <summary>Opens a session: 0 JupyterHub, 1 Posit Workbench, 2 Coder, 3 and 4 Onyxia with R or VS Code.</summary>
    public void Open(int kind)
    {
        var person = People[world.Random.Next(People.Length)];
        var ns = world.Pick(Seeding.Projects);
        var number = (_next++).ToString(CultureInfo.InvariantCulture);
        var slug = Slug(person);
        var (type, json) = kind switch
        {
            0 => (BuiltInTypes.Pods, Jupyter(ns, person, slug, number)),
            1 => (BuiltInTypes.Jobs, Posit(ns, person, slug, number)),
            2 => (BuiltInTypes.Pods, Coder(ns, slug, number)),
            3 => (BuiltInTypes.StatefulSets, Onyxia(ns, slug, "rstudio", number)),
            _ => (BuiltInTypes.StatefulSets, Onyxia(ns, slug, "vscode-python", number)),
        };
        if (type == BuiltInTypes.Pods)
        {
            PodMaker.Complete(json);
        }

        Defaults.Apply(type, json);
        var manager = kind switch
        {
            0 => "kubespawner",
            1 => "rstudio-launcher",
            2 => "coder",
            _ => "onyxia",
        };
        _open.Add((type.Gvr, world.Store.Create(type.Gvr, json, manager).Key));
    }

    private static JsonObject Jupyter(string ns, string person, string slug, string number) =>
        Json.Parse(
            $$$$"""
            {"metadata":{"name":"jupyter-{{{{slug}}}}-{{{{number}}}}","namespace":"{{{{ns}}}}",
              "labels":{"app":"jupyterhub","component":"singleuser-server","heritage":"jupyterhub","chart":"jupyterhub-4.1.0",
              "release":"jupyterhub",
               "app.kubernetes.io/name":"jupyterhub","app.kubernetes.io/managed-by":"kubespawner",
               "app.kubernetes.io/component":"singleuser-server",
               "hub.jupyter.org/network-access-hub":"true","hub.jupyter.org/username":"{{{{slug}}}}","hub.jupyter.org/servername":""},
              "annotations":{"hub.jupyter.org/username":"{{{{person}}}}","hub.jupyter.org/servername":"",
              "hub.jupyter.org/jupyterhub-version":"5.2.1","hub.jupyter.org/kubespawner-version":"7.0.0"}},
             "spec":{"containers":[{"name":"notebook","image":"quay.io/jupyter/scipy-notebook:2025-03-14","args":["jupyterhub-singleuser",
             "--ip=0.0.0.0","--port=8888"],
               "ports":[{"name":"notebook-port","containerPort":8888,"protocol":"TCP"}],
               "env":[{"name":"JUPYTERHUB_USER","value":"{{{{person}}}}"},{"name":"JUPYTERHUB_API_URL","value":"http://hub:8081/hub/api"},
               {"name":"MEM_LIMIT","value":"4294967296"}],
               "resources":{"limits":{"cpu":"2","memory":"4Gi"},"requests":{"cpu":"500m","memory":"1Gi"}},"volumeMounts":[{"name":"home",
               "mountPath":"/home/jovyan"}]}],
              "volumes":[{"name":"home","persistentVolumeClaim":{"claimName":"claim-{{{{slug}}}}"}}],"restartPolicy":"OnFailure",
              "terminationGracePeriodSeconds":30,"automountServiceAccountToken":false}}
            """
        );

    private static JsonObject Posit(string ns, string person, string slug, string number) =>
        Json.Parse(
            $$$$"""
            {"metadata":{"name":"session-{{{{slug}}}}-{{{{number}}}}","namespace":"{{{{ns}}}}",
            "labels":{"app.kubernetes.io/managed-by":"launcher","launcher-instance-id":"workbench-1"},
              "annotations":{"user":"{{{{person}}}}","name":"RStudio Pro session {{{{number}}}}"}},
             "spec":{"backoffLimit":0,"ttlSecondsAfterFinished":60,
              "template":{"metadata":{"labels":{"launcher-instance-id":"workbench-1","launcher-job-id":"{{{{number}}}}"},
              "annotations":{"user":"{{{{person}}}}","name":"RStudio Pro session {{{{number}}}}","stdin":"","service_ports":"8787"}},
               "spec":{"restartPolicy":"Never","containers":[{"name":"rs-launcher-container","image":"rstudio/r-session-complete:2025.05",
               "command":["/usr/lib/rstudio-server/bin/rserver-launcher"],"args":["serve","--standalone"],
                "resources":{"limits":{"cpu":"2","memory":"4Gi"},"requests":{"cpu":"250m","memory":"1Gi"}}}]}} } }
            """
        );

    private static JsonObject Coder(string ns, string slug, string number) =>
        Json.Parse(
            $$$$"""
            {"metadata":{"name":"coder-{{{{slug}}}}-ws{{{{number}}}}","namespace":"{{{{ns}}}}",
              "labels":{"app.kubernetes.io/name":"coder-workspace","app.kubernetes.io/instance":"coder-workspace-{{{{number}}}}",
              "app.kubernetes.io/part-of":"coder",
               "com.coder.resource":"true","com.coder.workspace.id":"{{{{number}}}}","com.coder.workspace.name":"ws{{{{number}}}}",
               "com.coder.user.id":"{{{{slug}}}}","com.coder.user.username":"{{{{slug}}}}"},
              "annotations":{"com.coder.user.email":"{{{{slug}}}}@example.org"}},
             "spec":{"containers":[{"name":"dev","image":"codercom/enterprise-base:ubuntu","command":["sh","-c","coder agent"],
             "resources":{"limits":{"cpu":"2","memory":"4Gi"},"requests":{"cpu":"250m","memory":"512Mi"}}}],
              "restartPolicy":"Always"}}
            """
        );

    private static JsonObject Onyxia(string ns, string slug, string chart, string number)
    {
        var labels = $$$$"""
            {"app.kubernetes.io/name":"{{{{chart}}}}","app.kubernetes.io/instance":"{{{{chart}}}}-{{{{number}}}}",
             "app.kubernetes.io/managed-by":"Helm","onyxia.sh/user":"{{{{slug}}}}"}
            """;
        return Json.Parse(
            $$$$"""
            {"metadata":{"name":"{{{{chart}}}}-{{{{number}}}}","namespace":"{{{{ns}}}}","labels":{{{{labels}}}} },
             "spec":{"replicas":1,"serviceName":"{{{{chart}}}}-{{{{number}}}}",
             "selector":{"matchLabels":{"app.kubernetes.io/instance":"{{{{chart}}}}-{{{{number}}}}"}},
              "template":{"metadata":{"labels":{{{{labels}}}} },"spec":{"containers":[{"name":"ide",
              "image":"inseefrlab/onyxia-{{{{chart}}}}:latest","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],
               "resources":{"limits":{"cpu":"4","memory":"8Gi"},"requests":{"cpu":"100m","memory":"512Mi"}}}]} } } }
            """
        );
    }

    /// <summary>A name as a label may hold it.</summary>
    private static string Slug(string person) =>
        string.Concat(person.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
}
