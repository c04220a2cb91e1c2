namespace Vigia.Gateway.Access;

/// <summary>The verb of a request.</summary>
internal enum AccessVerb
{
    /// <summary>See what there is: lists, statistics, relations. The right to <c>list</c>.</summary>
    List,

    /// <summary>Read single objects. The right to <c>get</c>.</summary>
    Get,

    /// <summary>
    /// Follow changes: streams, which begin with a list. The rights to <c>list</c> and to <c>watch</c>.
    /// </summary>
    Watch,
}
