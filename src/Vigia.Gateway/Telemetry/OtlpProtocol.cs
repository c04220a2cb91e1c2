namespace Vigia.Gateway.Telemetry;

/// <summary>How a collector is spoken to.</summary>
public enum OtlpProtocol
{
    /// <summary>Protobuf over HTTP, as collectors take it at port 4318.</summary>
    Http,

    /// <summary>gRPC, as collectors take it at port 4317.</summary>
    Grpc,
}
