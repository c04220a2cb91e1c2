using System.Threading.Channels;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Screens;

namespace Vigia.Terminal.Actions;

/// <summary>A shell in a container, or its main program, in this terminal.</summary>
internal sealed class ContainerTerminal(ITerminal terminal, Func<(int Width, int Height)> size)
{
    // The best shell there is; most images have at least sh.
    private static readonly string[] Shell = ["sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh"];

    private readonly Channel<ReadOnlyMemory<byte>> _typed = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(1024)
        {
            SingleReader = true,
            SingleWriter = false,
            FullMode = BoundedChannelFullMode.DropWrite,
        }
    );

    /// <summary>The terminal has another size.</summary>
    public void Resized() => _typed.Writer.TryWrite(ReadOnlyMemory<byte>.Empty);

    /// <summary>
    /// Runs until the program ends; returns what to say. A refusal is an exception, before <paramref name="begin"/>.
    /// </summary>
    /// <param name="client">The cluster.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container; null for the default one.</param>
    /// <param name="attach">The main program rather than a shell.</param>
    /// <param name="begin">Called when there is a session; ends when nobody else draws any more.</param>
    /// <param name="cancellationToken">Ends the session.</param>
    public async Task<string> RunAsync(
        KubernetesClient client,
        ObjectKey pod,
        string? container,
        bool attach,
        Func<Task> begin,
        CancellationToken cancellationToken
    )
    {
        var exec = new ExecClient(client);
        var options = new ExecOptions
        {
            Container = container,
            Stdin = true,
            Tty = true,
        };
        await using var session = attach
            ? await exec.AttachAsync(pod, options, cancellationToken)
            : await exec.ExecAsync(pod, Shell, options, cancellationToken);
        await begin();
        terminal.PassThrough(bytes => _typed.Writer.TryWrite(bytes));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            terminal.Write(
                System.Text.Encoding.UTF8.GetBytes(
                    $"{(attach ? "attached to" : "a shell in")} {pod}{(container is null ? "" : "/" + container)}; "
                        + $"{(attach ? "ctrl-] goes back" : "exit or ctrl-] goes back")}\r\n"
                )
            );
            var writing = WriteAsync(session, ending.Token);
            var reading = ReadAsync(session, cancellationToken);
            await Task.WhenAny(writing, session.Completion, reading);
            await ending.CancelAsync();
            await writing;
            var left = !session.Completion.IsCompleted;
            await session.DisposeAsync();
            await reading;
            var result = await session.Completion;
            return left || result.Succeeded ? $"back from {pod}"
                : result.ExitCode is { } code ? $"the program in {pod} ended with {code}"
                : result.Message;
        }
        finally
        {
            terminal.PassThrough(null);
        }
    }

    private async Task WriteAsync(ExecSession session, CancellationToken cancellationToken)
    {
        try
        {
            var (width, height) = size();
            await session.ResizeAsync(width, height, cancellationToken);
            await foreach (var bytes in _typed.Reader.ReadAllAsync(cancellationToken))
            {
                if (bytes.IsEmpty)
                {
                    (width, height) = size();
                    await session.ResizeAsync(width, height, cancellationToken);
                    continue;
                }

                // ctrl-] goes back whatever the program does with it, as telnet had it.
                if (bytes.Length == 1 && bytes.Span[0] == 0x1D)
                {
                    return;
                }

                await session.StandardInput.WriteAsync(bytes, cancellationToken);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or KubernetesConnectionException or ObjectDisposedException)
        {
            // The program has ended; its result says how.
        }
    }

    private async Task ReadAsync(ExecSession session, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await session.StandardOutput.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                terminal.Write(buffer.AsSpan(0, count));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The program ends.
        }
    }
}
