using System.Text;

namespace Vigia.Kubernetes.Kubeconfig;

/// <summary>
/// PEM texts in a kubeconfig: as base64 in <c>X-data</c>, which wins, or in the file that <c>X</c> names.
/// </summary>
internal static class Pem
{
    public static string? Read(KubeconfigEntry entry, string member, string context)
    {
        if (entry.Text(member + "-data") is { Length: > 0 } data)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException error)
            {
                throw new KubeconfigException(
                    $"{member}-data of \"{entry.Name}\" in {entry.File} (context \"{context}\") is not base64",
                    error
                );
            }
        }

        if (entry.Path(member) is not { } path)
        {
            return null;
        }

        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException(
                $"{member} of \"{entry.Name}\" in {entry.File} (context \"{context}\") is {path}, which cannot be "
                    + $"read: {error.Message.TrimEnd('.')}",
                error
            );
        }
    }
}
