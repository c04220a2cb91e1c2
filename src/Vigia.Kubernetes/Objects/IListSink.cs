namespace Vigia.Kubernetes;

/// <summary>Receives the items of a list one by one, while the list is still coming in.</summary>
public interface IListSink
{
    /// <summary>
    /// Asked with an item's key, uid and version before its bytes are copied: false leaves the item out (the caller
    /// already holds this version), so that a relist of unchanged objects costs no second copy.
    /// </summary>
    bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion);

    /// <summary>An item that was wanted.</summary>
    void Item(RawObject item);
}
