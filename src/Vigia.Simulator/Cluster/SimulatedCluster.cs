#pragma warning disable
using System.Text; using System.Text.Json.Nodes; using Microsoft.Extensions.Logging; using Vigia.Kubernetes.Objects; using Vigia.Simulator.Storage;
namespace Vigia.Simulator.Cluster;
/// <summary>x</summary>
public sealed class SimulatedClusterOptions { public int Pods {get;init;}=300; public int Nodes {get;init;}=12; public double Rate {get;init;}=5; public int Seed {get;init;}=1; public bool StampSentAt {get;init;} }
/// <summary>x</summary>
public sealed class SimulatedCluster : IAsyncDisposable {
 ObjectStore s; SimulatedClusterOptions o; CancellationTokenSource c=new(); Task? t; static GroupVersionResource P=new("","v1","pods");
 public SimulatedCluster(ObjectStore store, SimulatedClusterOptions? options=null, TimeProvider? time=null, ILogger? logger=null){s=store;o=options??new();}
 public void Seed(){ s.GracefulPodDeletion=false; for(int i=0;i<o.Pods;i++) s.Create(P,(JsonObject)JsonNode.Parse("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"pod-"+i+"\",\"namespace\":\"default\",\"labels\":{\"app\":\"web\"}},\"spec\":{\"nodeName\":\"node-1\",\"containers\":[{\"name\":\"app\",\"image\":\"nginx\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"app\",\"ready\":true,\"restartCount\":0,\"state\":{\"running\":{}}}]}}")!,"seed"); }
 public void Start(){ t=Task.Run(async()=>{ var n=0; try { while(true){ await Task.Delay(TimeSpan.FromSeconds(1/Math.Max(o.Rate,0.01)),TimeProvider.System,c.Token); var i=n++; s.Mutate(P,new("default","pod-"+(i%Math.Max(1,o.Pods))),x=>x["metadata"]!["annotations"]=new JsonObject{["n"]=""+i},"kubelet"); } } catch(OperationCanceledException){} }); }
 public async Task StopAsync(){ c.Cancel(); if(t!=null) await t; }
 public async ValueTask DisposeAsync()=>await StopAsync();
}
