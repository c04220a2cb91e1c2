namespace Vigia.Gateway.Tests.ExternalValidators;

/// <summary>
/// Programs of others that a test needs: where one is missing the test is skipped with the reason, in CI it fails.
/// </summary>
internal static class Installed
{
    /// <summary>The program's path.</summary>
    public static string Require(string program, string? path, string reason)
    {
        if (path is not null)
        {
            return path;
        }

        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, reason);
        Assert.Fail(reason);
        throw new InvalidOperationException($"{program}: {reason}");
    }
}
