using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Auditing;

/// <summary>Does something before an item of a list reaches its reader.</summary>
internal sealed class Late(IListSink sink, Action before) : IListSink
{
    public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion)
    {
        before();
        return sink.Wants(key, uid, resourceVersion);
    }

    public void Item(RawObject item) => sink.Item(item);
}
