using Vigia.Commands;

return await CommandLine.RunAsync(args);
