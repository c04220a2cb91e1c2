namespace Vigia.Kubernetes.Transport;

/// <summary>Reads a body that may be of any length, up to a bound.</summary>
internal static class BoundedBody
{
    private const int First = 16 * 1024;

    /// <summary>The body, or its first <paramref name="longest"/> bytes.</summary>
    public static async Task<(byte[] Bytes, bool IsWhole)> ReadAsync(Stream body, int longest, CancellationToken cancellationToken)
    {
        var bytes = new byte[Math.Min(First, longest)];
        var length = 0;
        while (true)
        {
            var read = await body.ReadAsync(bytes.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return (bytes.AsSpan(0, length).ToArray(), true);
            }

            length += read;
            if (length < bytes.Length)
            {
                continue;
            }

            if (length >= longest)
            {
                // Exactly as long as the bound, or longer?
                var more = new byte[1];
                return (bytes, await body.ReadAsync(more, cancellationToken) == 0);
            }

            Array.Resize(ref bytes, (int)Math.Min(longest, bytes.Length * 2L));
        }
    }
}
