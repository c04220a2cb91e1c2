using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Bench;

/// <summary>
/// <c>pipeline</c>: watch bytes → decode → store → log → one handler, as fast as it goes. Pin it to one core:
/// <c>taskset -c 0</c>.
/// </summary>
internal static class PipelineBench
{
    public static Command Create()
    {
        var events = new Option<int>("--events") { Description = "Events a round.", DefaultValueFactory = _ => 20_000 };
        var objects = new Option<int>("--objects") { Description = "Pods they change in turn.", DefaultValueFactory = _ => 5_000 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds.", DefaultValueFactory = _ => 5 };
        var encoding = new Option<WireEncoding>("--encoding")
        {
            Description = "Json or Protobuf.",
            DefaultValueFactory = _ => WireEncoding.Json,
        };
        var command = new Command("pipeline", "Events per second from watch bytes to a handler, in memory.")
        {
            events,
            objects,
            rounds,
            encoding,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (count, pods) = (parsed.GetValue(events), parsed.GetValue(objects));
                var isProtobuf = parsed.GetValue(encoding) == WireEncoding.Protobuf;
                var list = isProtobuf ? ProtoBodies.List(pods, 1000) : BodyServer.ListBody(pods);
                var watch = isProtobuf ? ProtoBodies.Watch(pods, count, 1001) : Samples.WatchBody(pods, count, 1001);
                var rates = new List<double>();
                for (var round = 0; round < parsed.GetValue(rounds); round++)
                {
                    var server = new BodyServer(list, watch, isProtobuf);
                    await using var informer = new SharedInformer(server);
                    var updates = 0;
                    var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    await using var handler = informer.AddHandler(
                        new ResourceEventHandlerFuncs
                        {
                            OnUpdate = (_, _) =>
                            {
                                if (++updates == count)
                                {
                                    done.TrySetResult();
                                }
                            },
                        }
                    );
                    informer.Start();
                    await handler.WhenSynced.WaitAsync(cancellationToken);
                    var watchTime = Stopwatch.StartNew();
                    server.Go();

                    // A handler that falls behind is caught up: then it has seen fewer updates, but the log has had
                    // them all.
                    while (informer.Counters.Events < count || handler.Lag > 0)
                    {
                        var change = informer.Log.NextChange;
                        if (informer.Counters.Events < count || handler.Lag > 0)
                        {
                            await Task.WhenAny(change, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken));
                        }
                    }

                    rates.Add(count / watchTime.Elapsed.TotalSeconds);
                    Console.WriteLine(
                        JsonSerializer.Serialize(
                            new
                            {
                                round,
                                eventsPerSecond = (int)rates[^1],
                                megabytesPerSecond = (int)(watch.Length / 1e6 / watchTime.Elapsed.TotalSeconds),
                                handled = updates,
                                catchUps = informer.Log.CatchUps,
                            }
                        )
                    );
                }

                rates.Sort();
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new { medianEventsPerSecond = (int)rates[rates.Count / 2], bytesPerEvent = watch.Length / count }
                    )
                );
                return 0;
            }
        );
        return command;
    }
}
