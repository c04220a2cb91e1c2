using System.CommandLine;
using Vigia.Commands;

var root = new RootCommand("Vigia: live Kubernetes state for .NET, browsers and terminals.")
{
    DemoCommand.Create(),
    ServeCommand.Create(),
    WatchCommand.Create(),
    SimulateCommand.Create(),
    TopCommand.Create(),
    CheckCommand.Create(),
    RbacCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // One sentence and where to look, instead of a page of help.
    var command = parsed.CommandResult.Command == root ? "vigia" : $"vigia {parsed.CommandResult.Command.Name}";
    var message = string.Join(" ", parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
    await Console.Error.WriteLineAsync($"{command}: {message}; see '{command} --help'");
    return ExitCodes.Usage;
}

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(2) });
