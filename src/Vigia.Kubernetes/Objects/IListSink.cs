namespace Vigia.Kubernetes;

/// <summary>Receives the items of a list one by one, while the list is still coming in.</summary>
public interface IListSink
{
    /// <summary>
    /// Called with an item's key, uid and version before its bytes are copied: false skips the item (the caller already
    /// has this version), so that a relist of unchanged objects costs no second copy.
    /// </summary>
    bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion);

    /// <summary>Receives an item.</summary>
    void Item(RawObject item);
}
