using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes.Protobuf;

namespace Vigia.Kubernetes.Watching;

/// <summary>
/// The encoding in which one resource of one cluster is requested, and when protobuf is given up for JSON: nothing may
/// be lost, and every change is logged.
/// </summary>
/// <remarks><b>Guarantees.</b> Thread-safe. Goes from protobuf to JSON once, and never back.</remarks>
internal sealed partial class EncodingChoice
{
    /// <summary>This many unreadable responses in a row are not an accident of the network.</summary>
    public const int MostFaults = 3;

    private const string Media = "application/vnd.kubernetes.protobuf";
    private const string Json = "application/json";
    private const string PartialList = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    private const string Partial = ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

    private readonly string _cluster;
    private readonly GroupVersionResource _resource;
    private readonly bool _metadataOnly;
    private readonly ILogger _logger;
    private volatile bool _isProtobuf;
    private int _faults;
    private long _gaps;

    /// <summary>Chooses.</summary>
    /// <param name="cluster">The cluster's name, for messages.</param>
    /// <param name="resource">The requested resource.</param>
    /// <param name="options">The configured encoding.</param>
    /// <param name="neverProtobuf">
    /// True if objects can be read from JSON only: Secrets, whose values must not stay anywhere.
    /// </param>
    /// <param name="logger">Logs when protobuf is given up.</param>
    public EncodingChoice(string cluster, GroupVersionResource resource, ListerWatcherOptions options, bool neverProtobuf, ILogger logger)
    {
        (_cluster, _resource, _metadataOnly, _logger) = (cluster, resource, options.MetadataOnly, logger);
        _isProtobuf = options.Encoding != WireEncoding.Json && !neverProtobuf && (options.MetadataOnly || BuiltInSchema.Knows(resource));
    }

    /// <summary>True while protobuf is requested.</summary>
    public bool IsProtobuf => _isProtobuf;

    /// <summary>Objects met with a field that is not known.</summary>
    public long Gaps => Interlocked.Read(ref _gaps);

    /// <summary>The Accept header of a list.</summary>
    public string ForList => Accept(_metadataOnly ? PartialList : "", "");

    /// <summary>The Accept header of a watch.</summary>
    public string ForWatch => Accept(_metadataOnly ? Partial : "", ";stream=watch");

    /// <summary>True if the answer is protobuf: the server decides.</summary>
    public static bool IsAnswer(MediaTypeHeaderValue? contentType) =>
        string.Equals(contentType?.MediaType, Media, StringComparison.OrdinalIgnoreCase);

    /// <summary>A list in protobuf was read to its end.</summary>
    public void Succeeded() => Interlocked.Exchange(ref _faults, 0);

    /// <summary>The server refuses the form itself (406, 415): JSON from now on.</summary>
    public void Refused(string reason)
    {
        if (GiveUp())
        {
            LogRefused(_cluster, _resource.GroupResource, reason);
        }
    }

    /// <summary>An answer cannot be read, or not without losing a part of it.</summary>
    public void Undecodable(Exception error)
    {
        if (error is SchemaGapException)
        {
            Interlocked.Increment(ref _gaps);
            if (GiveUp())
            {
                LogGap(_cluster, _resource.GroupResource, error.Message);
            }
        }
        else if (Interlocked.Increment(ref _faults) >= MostFaults && GiveUp())
        {
            LogFaults(_cluster, _resource.GroupResource, MostFaults, error.Message);
        }
    }

    private string Accept(string shape, string stream) => _isProtobuf ? $"{Media}{shape}{stream}, {Json}{shape};q=0.9" : Json + shape;

    private bool GiveUp()
    {
        var was = _isProtobuf;
        _isProtobuf = false;
        return was;
    }

    [LoggerMessage(
        1010,
        LogLevel.Warning,
        "{Cluster} {Resource}: a protobuf object has fields unknown to this version of Vigia; using JSON "
            + "from now on, so that no field is lost: {Reason}"
    )]
    private partial void LogGap(string cluster, string resource, string reason);

    [LoggerMessage(
        1011,
        LogLevel.Warning,
        "{Cluster} {Resource}: {Count} protobuf responses in a row are unreadable; using JSON from now on: {Reason}"
    )]
    private partial void LogFaults(string cluster, string resource, int count, string reason);

    [LoggerMessage(
        1012,
        LogLevel.Information,
        "{Cluster} {Resource}: the server does not support protobuf; using JSON from now on: {Reason}"
    )]
    private partial void LogRefused(string cluster, string resource, string reason);
}
