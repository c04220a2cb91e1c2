// One of a pair, of which one works at a time: LeaderPair --identity a [--namespace default] [--lease-duration 15]
// [--renew-deadline 10] [--retry-period 2] (seconds)
using System.Globalization;
using System.Runtime.InteropServices;
using Vigia.Controllers;
using Vigia.Kubernetes;

var time = TimeProvider.System;
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

await using var client = new KubernetesClient(KubeconfigLoader.Load());
var identity = Option("identity", $"{Environment.MachineName}-{Environment.ProcessId}");
var elector = new LeaderElector(
    new LeaseLock(client, Option("namespace", "default"), "leader-pair"),
    new()
    {
        Identity = identity,
        LeaseDuration = Seconds("lease-duration", "15"),
        RenewDeadline = Seconds("renew-deadline", "10"),
        RetryPeriod = Seconds("retry-period", "2"),
        OnNewLeader = leader => Say($"sees that {leader} leads"),
    }
);

Say("stands");
var end = await elector.RunAsync(WorkAsync, stop.Token);
Say($"ends: {end}");
return end == ElectionOutcome.Lost ? 1 : 0; // a supervisor restarts the process that lost the lease

// The work of which there may be only one. Its token ends before another may lead.
async Task WorkAsync(CancellationToken leading)
{
    Say("leads");
    using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
    try
    {
        for (var i = 1; await tick.WaitForNextTickAsync(leading) && elector.IsLeader; i++)
        {
            Say($"works, step {i}");
        }
    }
    catch (OperationCanceledException)
    {
        Say("stops working");
    }
}

void Say(string what) => Console.WriteLine($"{time.GetUtcNow():HH:mm:ss.fff} {identity} {what}");

string Option(string name, string otherwise) =>
    Array.IndexOf(args, $"--{name}") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : otherwise;

TimeSpan Seconds(string name, string otherwise) =>
    TimeSpan.FromSeconds(double.Parse(Option(name, otherwise), CultureInfo.InvariantCulture));

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
