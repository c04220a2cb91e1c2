namespace Vigia.Simulator;

/// <summary>Writes files with tokens in them, which only their owner is to read.</summary>
internal static class PrivateFile
{
    /// <summary>
    /// Writes a file of mode 0600 and moves it into place. A symbolic link there is replaced, and its target is not
    /// touched.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        var made = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        try
        {
            await using (var writer = new StreamWriter(Open(made)))
            {
                await writer.WriteAsync(text.AsMemory(), cancellationToken);
            }

            File.Move(made, path, overwrite: true);
        }
        catch
        {
            File.Delete(made);
            throw;
        }
    }

    /// <summary>Writes a new file of mode 0600 under an unpredictable name; returns its path.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefix">The start of the name.</param>
    /// <param name="suffix">The end of the name.</param>
    /// <param name="text">Its text.</param>
    public static string WriteNew(string folder, string prefix, string suffix, string text)
    {
        var path = Path.Combine(folder, prefix + Path.GetFileNameWithoutExtension(Path.GetRandomFileName()) + suffix);
        using var writer = new StreamWriter(Open(path));
        writer.Write(text);
        return path;
    }

    private static FileStream Open(string path)
    {
        // CreateNew fails if the name exists, also as a link.
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, how);
    }
}
