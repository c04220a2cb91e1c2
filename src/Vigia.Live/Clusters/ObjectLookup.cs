using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>Finds one object.</summary>
internal static class ObjectLookup
{
    /// <summary>
    /// The object with a uid, or null. Looks through all of them and allocates nothing: 16 bytes are compared an
    /// object, where an index of 10,000 would cost a megabyte to keep.
    /// </summary>
    public static RawObject? ByUid(Store store, string text)
    {
        // Uids are UUIDs, except those of some aggregated servers; any other text in a path is not a uid.
        if (text.Length is 0 or > 253 || !text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or ':'))
        {
            return null;
        }

        var uid = ObjectUid.Parse(text);

        foreach (var o in store.List())
        {
            if (o.Identity == uid)
            {
                return o;
            }
        }

        return null;
    }
}
