namespace Vigia.Controllers.Reconciling;

/// <summary>A key in messages. Its ToString is the user's, and a message must not cost the key.</summary>
internal static class KeyText
{
    public static string Of<TKey>(TKey key)
        where TKey : notnull
    {
        try
        {
            return key.ToString() ?? "";
        }
        catch (Exception error)
        {
            return $"(a {typeof(TKey).Name} whose ToString failed: {error.Message})";
        }
    }
}
