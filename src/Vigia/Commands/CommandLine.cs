using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;

namespace Vigia.Commands;

/// <summary><c>vigia</c>: its commands, and one sentence for a line that names none of them.</summary>
internal static class CommandLine
{
    // Wider lines are hard to read where no terminal breaks them.
    private const int HelpWidth = 100;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = Create();

        // As kubectl: without a command, and as a word of its own, the help.
        var line = args switch
        {
            [] => ["--help"],
            ["help", .. var about] => [.. about, "--help"],
            _ => args,
        };
        var parsed = root.Parse(line);
        if (parsed.Errors.Count > 0 || (parsed.CommandResult.Command == root && parsed.UnmatchedTokens.Count > 0))
        {
            // One sentence and where to look, instead of a page of help.
            var command = parsed.CommandResult.Command == root ? "vigia" : $"vigia {parsed.CommandResult.Command.Name}";
            await Console.Error.WriteLineAsync($"{command}: {Fault(parsed, root)}; see '{command} --help'");
            return ExitCodes.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(2),
        };
        return await parsed.InvokeAsync(configuration);
    }

    private static RootCommand Create()
    {
        var root = new RootCommand("Vigia: live Kubernetes state for .NET, browsers and terminals.")
        {
            DemoCommand.Create(),
            ServeCommand.Create(),
            WatchCommand.Create(),
            SimulateCommand.Create(),
            TopCommand.Create(),
            CheckCommand.Create(),
            RbacCommand.Create(),
            Version(),
            // For the list of commands: RunAsync takes the word.
            new Command("help", "Print the help, or the help of a command."),
        };
        if (Console.IsOutputRedirected && root.Options.OfType<HelpOption>().FirstOrDefault()?.Action is HelpAction help)
        {
            help.MaxWidth = HelpWidth;
        }

        return root;
    }

    private static Command Version()
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(
            async (_, _) =>
            {
                var version = typeof(CommandLine)
                    .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                    ?.InformationalVersion;
                await Console.Out.WriteLineAsync(version ?? "unknown");
                return 0;
            }
        );
        return command;
    }

    private static string Fault(ParseResult parsed, RootCommand root)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is not [var word, ..])
        {
            return string.Join(" ", parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        }

        if (word.StartsWith('-'))
        {
            var name = word.Split('=')[0];
            var options = command.Options.Concat(root.Options.Where(option => option.Recursive)).Where(option => !option.Hidden);
            return $"unknown option '{name}'{Meant(NearestOption(name, [.. options.Select(option => option.Name).Distinct()]))}";
        }

        if (command.Subcommands.Count == 0)
        {
            return $"unexpected argument '{word}'";
        }

        var commands = command.Subcommands.Select(each => each.Name).ToArray();
        return Suggestion.For(word, commands) is { } meant
            ? $"unknown command '{word}'{Meant(meant)}"
            : $"unknown command '{word}': use one of {string.Join(", ", commands)}";
    }

    private static string? NearestOption(string name, string[] known)
    {
        if (name.Length > 2)
        {
            return Suggestion.For(name, known);
        }

        // One letter is near to any other: only a name that begins with it is meant.
        return known.Where(each => each.StartsWith("-" + name, StringComparison.OrdinalIgnoreCase)).ToArray() is [var one] ? one : null;
    }

    private static string Meant(string? near) => near is null ? "" : $", did you mean '{near}'?";
}
